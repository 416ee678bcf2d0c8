/** The helper's world where a program sends all the while, to both families, and somebody listens on the wire for it. */
import { Chatter } from './chatter.ts';
import { HelperWorld, networkOf } from './helper-world.ts';
import { type Sniffer, sniff } from './sniffer.ts';

/** Everywhere and nowhere: by the default routes alone. */
export const TARGETS = [{ address: '203.0.113.7' }, { address: '2001:db8:dead::7' }];

export class LeakWorld extends HelperWorld {
  chatter!: Chatter;
  /** What left in clear. At the other end of the link: in the traveller's namespace is no process but the helper's. */
  sniffer!: Sniffer;

  override async open(): Promise<void> {
    await super.open();
    await this.traveller.ip(`-6 route add default via ${this.link.b.v6}`);
    this.untouched = await networkOf(this.traveller);
    this.chatter = await Chatter.open(this.traveller);
    const filter = 'udp dst port 4000';
    this.sniffer = await sniff(this.server, this.link.b.interface, { filter, direction: 'in' });
  }

  override async close(): Promise<void> {
    this.chatter?.close();
    await this.sniffer?.stop();
    await super.close();
  }
}
