/** What the gateway answered to one call. */
export interface Answer<Status extends number = number, Body = unknown> {
  readonly status: Status;
  readonly headers: Headers;
  readonly body: Body;
}
