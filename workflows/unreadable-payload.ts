// Stands for an argument that a run was sent and cannot read.

export class UnreadablePayload {
  /** Goes after "it is": `no JSON: "{oops"`. */
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}
