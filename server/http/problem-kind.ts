/** How a code is told over HTTP. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** For the documentation: when it happens and what the caller does about it. */
  readonly advice: string;
}
