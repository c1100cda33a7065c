import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { leaveFile, leftPath, listLeft } from '../../lib/processes/left-files.js';

describe('What processes leave at a socket', () => {
  it('goes to the process that takes over, and to no other socket whose name begins in the same way', () => {
    const folder = mkdtempSync(join(tmpdir(), 'left-files-'));
    try {
      const [socket, other] = [join(folder, 'metrics'), join(folder, 'metrics.admin')];
      for (const id of ['totals', 'own', 'a1b2']) leaveFile(leftPath(other, id), Uint8Array.of(1));
      leaveFile(leftPath(socket, 'c3d4'), Uint8Array.of(1));
      expect(listLeft(socket)).to.deep.equal(['c3d4']);
      expect(listLeft(other)).to.have.members(['totals', 'own', 'a1b2']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
