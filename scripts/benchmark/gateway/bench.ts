import type { ChannelModel } from 'amqplib';
import type { Plan } from '../plan';
import type { Progress } from '../progress';
import type { Subjects } from '../subjects';

/** What each measurement of the gateway part is given. */
export interface GatewayBench {
  readonly brokerUrl: string;
  readonly connection: ChannelModel;
  readonly subjects: Subjects;
  readonly plan: Plan;
  readonly progress: Progress;
}
