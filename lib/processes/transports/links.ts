import type { DownMessage, UpMessage } from './messages.js';

/** An aggregator's end of a connection, which one or several publishers use. */
export interface Downlink {
  /** Whether a publisher whose link was closed may come back by another one. */
  readonly mayReopen?: boolean;
  send(message: DownMessage): void;
}

/** What an aggregator is told by what connects it. */
export interface DownlinkEvents {
  received(link: Downlink, message: UpMessage): void;
  /** No publisher can be reached by this link any more. */
  closed(link: Downlink): void;
  /** What comes by this link cannot be read, and nothing more will come. */
  unreadable(link: Downlink): void;
  /** A thread of this process has ended. */
  threadEnded(thread: number): void;
}

/** Something by which publishers reach an aggregator, until it is closed. */
export interface Listening {
  close(): void;
}

/** A publisher's end of a connection. */
export interface Uplink {
  /** Sends a message, at once as far as the system takes it: the process may end. Never throws. */
  send(message: UpMessage): void;
  /** Leaves a complete frame of this source for the next aggregator: it is not connected, and ends. Absent: that is not possible. */
  leaveBehind?(id: string, frame: Uint8Array): void;
  /** Whether what was sent has not left yet: a publisher waits then, and publishes more at once later. */
  readonly isBusy: boolean;
  close(): void;
}

/** What a publisher is told by its uplink. */
export interface UplinkEvents {
  /** It is connected: say hello. */
  opened(): void;
  received(message: DownMessage): void;
  /** It is not connected any more. It may open again. */
  closed(): void;
}
