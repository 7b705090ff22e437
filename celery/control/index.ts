export { ControlClient, type ControlClientOptions } from './control-client';
export type { BroadcastOptions, ControlReplies, RevokeOptions } from './control-replies';
export { Inspector, type InspectorOptions } from './inspector';
export {
  type ControlCommand,
  type ControlCommandContext,
  Mailbox,
  type MailboxOptions,
  NO_REPLY,
} from './mailbox';
