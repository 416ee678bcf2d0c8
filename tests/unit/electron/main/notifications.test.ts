import { expect, it } from 'vitest';
import { Notifications } from '../../../../electron/main/notifications.ts';
import { FakeNotification } from '../../../support/fake-electron.ts';

const NOTICE = { title: 'home does not answer', body: 'It keeps trying.' };

function desktop() {
  const made: { notification: FakeNotification; options: object }[] = [];
  const desktop = { isFocused: false, clicks: 0 };
  const notifications = new Notifications({
    create(options) {
      const notification = new FakeNotification();
      made.push({ notification, options });
      return notification;
    },
    isWindowFocused: () => desktop.isFocused,
    onClick: () => {
      desktop.clicks += 1;
    },
  });
  return { made, desktop, notifications };
}

it('shows_a_notice_whose_click_opens_the_window', () => {
  const { made, desktop: state, notifications } = desktop();
  notifications.show(NOTICE);
  expect(made).toMatchObject([{ options: NOTICE, notification: { state: 'shown' } }]);
  made[0]?.notification.emit('click');
  expect(state.clicks).toBe(1);
});

it('shows_none_to_somebody_who_looks_at_the_window', () => {
  const { made, desktop: state, notifications } = desktop();
  state.isFocused = true;
  notifications.show(NOTICE);
  expect(made).toEqual([]);
});

it('takes_the_one_before_away', () => {
  const { made, notifications } = desktop();
  notifications.show(NOTICE);
  notifications.show(NOTICE);
  expect(made.map(({ notification }) => notification.state)).toEqual(['closed', 'shown']);
});

it('takes_away_what_is_over', () => {
  const { made, notifications } = desktop();
  notifications.withdraw();
  notifications.show(NOTICE);
  notifications.withdraw();
  expect(made.map(({ notification }) => notification.state)).toEqual(['closed']);
});
