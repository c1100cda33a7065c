/** JSON that does not describe the message that it should; the message says where and why. */
export class ProtoJsonError extends Error {
  override readonly name = 'ProtoJsonError';
}
