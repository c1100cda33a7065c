/** Thrown for JSON that does not fit the message type. The error message says where and why. */
export class ProtoJsonError extends Error {
  override readonly name = 'ProtoJsonError';
}
