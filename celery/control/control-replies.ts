/** What the workers answered to one broadcast. */
export interface ControlReplies {
  /** Reply by nodename, as the worker sent it. */
  readonly replies: Readonly<Record<string, unknown>>;
  /** Nodes that were addressed (or known to be alive) and did not answer in time. */
  readonly missing: readonly string[];
}

export interface BroadcastOptions {
  /** Nodenames to address; absent or empty addresses all. */
  readonly destination?: readonly string[] | undefined;
  /** How long to wait for replies, in milliseconds. Default: the client's `timeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** False sends without asking for a reply. Default true. */
  readonly reply?: boolean | undefined;
}

export interface RevokeOptions extends BroadcastOptions {
  /** Also end the task where it is running already. */
  readonly terminate?: boolean | undefined;
  /** Signal name for `terminate`. Default `SIGTERM`. */
  readonly signal?: string | undefined;
}
