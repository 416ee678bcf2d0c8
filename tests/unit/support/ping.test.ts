import { expect, it } from 'vitest';
import { parseEcho, summarizeEchoes } from '../../support/ping.ts';

it('the_time_of_an_answer_is_read', () => {
  const output = `PING 10.66.0.1 (10.66.0.1) 56(84) bytes of data.
64 bytes from 10.66.0.1: icmp_seq=1 ttl=64 time=4.38 ms

--- 10.66.0.1 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
`;
  expect(parseEcho(output)).toBe(4.38);
});

it('other_text_is_refused', () => {
  expect(() => parseEcho('ping: nonesuch: Name or service not known')).toThrow("not ping's output");
});

it('lost_requests_count_in_the_loss_and_not_in_the_time', () => {
  expect(summarizeEchoes([1, null, 4, 1])).toEqual({
    sent: 4,
    received: 3,
    lossPercent: 25,
    rttMs: { min: 1, mean: 2, max: 4 },
  });
});

it('without_an_answer_there_is_no_time', () => {
  expect(summarizeEchoes([null, null])).toEqual({ sent: 2, received: 0, lossPercent: 100, rttMs: null });
});
