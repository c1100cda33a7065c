import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { SharedBody } from '../../lib/server/shared-body.js';

describe('A shared body', () => {
  const mebibyte = 2 ** 20;
  const chunks = (count: number): Readable =>
    Readable.from(
      (function* () {
        for (let i = 0; i < count; i++) yield Buffer.alloc(mebibyte, i);
      })(),
      { objectMode: false },
    );

  it('gives each reader the whole body at its own pace', async () => {
    const shared = new SharedBody(chunks(3));
    const [one, other] = [shared.read(), shared.read()];
    const first = await buffer(one);
    expect(first).to.have.length(3 * mebibyte);
    expect((await buffer(other)).equals(first)).to.equal(true);
  });

  it('accepts no further reader once it has ended or has become long', async () => {
    const short = new SharedBody(chunks(1));
    await buffer(short.read());
    expect(short.isOpen).to.equal(false);
    const long = new SharedBody(chunks(10));
    const reader = long.read();
    for await (const _ of reader) if (reader.bytes > 5 * mebibyte) break;
    expect(long.isOpen).to.equal(false);
  });

  it('renders no further than the fastest reader reads, and stops when the last reader leaves', async () => {
    let rendered = 0;
    const source = Readable.from(
      (function* () {
        for (;;) {
          rendered++;
          yield Buffer.alloc(mebibyte);
        }
      })(),
      { objectMode: false },
    );
    const reader = new SharedBody(source).read();
    for await (const _ of reader) if (reader.bytes >= 3 * mebibyte) break;
    expect(source.destroyed).to.equal(true);
    expect(rendered).to.be.below(8);
  });

  it('fails for each of its readers when the rendering fails, also for a late one', async () => {
    const source = Readable.from(
      (function* () {
        yield Buffer.alloc(mebibyte);
        throw new Error('the disk is gone');
      })(),
      { objectMode: false },
    );
    const shared = new SharedBody(source);
    const [quick, slow] = [shared.read(), shared.read()];
    for (const reader of [quick, slow]) {
      const error = await buffer(reader).catch((reason: unknown) => reason);
      expect(error).to.have.property('message', 'the disk is gone');
    }
  });

  it('cuts off a reader that is far behind, so that memory stays bounded', async () => {
    const shared = new SharedBody(chunks(80));
    const slow = shared.read();
    await new Promise((resolve) => slow.once('readable', resolve));
    expect(await buffer(shared.read())).to.have.length(80 * mebibyte);
    const error = await buffer(slow).catch((reason: unknown) => reason);
    expect(error).to.have.property('message', 'the reader is too slow');
  });
});
