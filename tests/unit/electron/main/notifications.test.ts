import { expect, it } from 'vitest';
import { Notifications } from '../../../../electron/main/notifications.ts';
import { textsFor } from '../../../../electron/main/texts.ts';
import { FakeNotification } from '../../../support/fake-electron.ts';
import { tunnel, withTunnels } from '../desktop-states.ts';

const NOTICE = { title: 'home does not answer', body: 'It keeps trying.' };
const UP = withTunnels([tunnel('home', 'connected')]);
const LOST = withTunnels([tunnel('home', 'connecting', { loss: 'no-answer' })]);

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
  const texts = textsFor('en', 'en');
  return {
    made,
    desktop,
    breakDown: () => notifications.onChange(UP, LOST, texts),
    recover: () => notifications.onChange(LOST, UP, texts),
  };
}

it('shows_a_notice_whose_click_opens_the_window', () => {
  const { made, desktop: state, breakDown } = desktop();
  breakDown();
  expect(made).toMatchObject([{ options: NOTICE, notification: { state: 'shown' } }]);
  made[0]?.notification.emit('click');
  expect(state.clicks).toBe(1);
});

it('shows_none_to_somebody_who_looks_at_the_window', () => {
  const { made, desktop: state, breakDown } = desktop();
  state.isFocused = true;
  breakDown();
  expect(made).toEqual([]);
});

it('takes_the_one_before_away', () => {
  const { made, breakDown } = desktop();
  breakDown();
  breakDown();
  expect(made.map(({ notification }) => notification.state)).toEqual(['closed', 'shown']);
});

it('takes_away_what_is_over', () => {
  const { made, breakDown, recover } = desktop();
  recover();
  breakDown();
  recover();
  expect(made.map(({ notification }) => notification.state)).toEqual(['closed']);
});
