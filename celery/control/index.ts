export { ControlClient, type ControlClientOptions } from './control-client';
export type { BroadcastOptions, ControlReplies, RevokeOptions } from './control-replies';
export {
  type ControlCommand,
  type ControlCommandContext,
  Mailbox,
  type MailboxOptions,
  NO_REPLY,
} from './mailbox';
