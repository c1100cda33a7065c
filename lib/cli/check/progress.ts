/** What says on a terminal what a long run does. */
export interface Progress {
  say(activity: string): void;
  stop(): void;
}

/** The run is not long before that. */
const quietMs = 2000;

/** Starts to say what a run does, where a person waits for it for longer than two seconds. */
export function startProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { say: () => undefined, stop: () => undefined };
  let activity = '';
  let isLate = false;
  const write = () => stream.write(`\r\x1b[K${activity} …`);
  const timer = setTimeout(() => {
    isLate = true;
    write();
  }, quietMs);
  return {
    say(next) {
      activity = next;
      if (isLate) write();
    },
    stop() {
      clearTimeout(timer);
      if (isLate) stream.write('\r\x1b[K');
      isLate = false;
    },
  };
}
