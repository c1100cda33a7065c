import type { ReceiverResponse } from '../sending/http-client.js';

/** What is wrong, and what to do about it. */
export interface Explanation {
  readonly given: string;
  readonly remedy: string;
}

/** What an answer of this kind means. */
interface Meaning {
  readonly is: (status: number, text: string) => boolean;
  readonly what: string;
  readonly remedy: string;
}

// Source: github.com/prometheus/pushgateway, handler/push.go and storage/diskmetricstore.go, versions 1.5 and 1.11. The first
// meaning that fits is taken.
const meanings: readonly Meaning[] = [
  {
    is: (status, text) => status === 400 && /was collected before with the same name and label values/.test(text),
    what: 'the same series twice: the labels of the group replace those of the same name',
    remedy: 'Rename the label of the family, or the one of the group',
  },
  {
    is: (status, text) =>
      status === 400 && /inconsistent|collected metric|is not a (counter|gauge|histogram|summary)/i.test(text),
    what: 'a family that contradicts one that another group has, or one in the same push',
    remedy: 'Rename the family, or delete the other group',
  },
  {
    is: (status, text) => status === 400 && /timestamp/.test(text),
    what: 'samples with timestamps, which it does not take',
    remedy: 'Leave out the metrics that have them',
  },
  {
    is: (status) => status === 400,
    what: 'something it cannot read',
    remedy: 'Look at its answer; an older Pushgateway may not know this format',
  },
  { is: (status) => status === 401, what: 'no credentials that it knows', remedy: 'Check "basicAuth" and "headers"' },
  { is: (status) => status === 403, what: 'credentials that may not push', remedy: 'Check what they may do' },
  {
    is: (status) => status === 404 || status === 405,
    what: 'an address that is none of a Pushgateway',
    remedy: 'Give its URL without "/metrics"',
  },
  {
    is: (status) => status >= 300 && status < 400,
    what: 'a redirect, which is not followed',
    remedy: 'Give the URL that it leads to',
  },
  { is: (status) => status === 413, what: 'more than it takes', remedy: 'Push fewer series, or raise its limit' },
  { is: () => true, what: 'a request that it cannot answer now', remedy: 'Look at its log' },
];

/** So much of an answer is looked at, and so many characters of it are told. */
const maxBytes = 16 * 1024;
const maxWords = 300;

/**
 * Explains an answer that is no success; `undefined` for one that is.
 *
 * @param mask takes secrets out of what the gateway says.
 */
export function explainAnswer(
  { status, body }: ReceiverResponse,
  mask: (text: string) => string,
): Explanation | undefined {
  if (status >= 200 && status < 300) return undefined;
  const text = mask(body.subarray(0, maxBytes).toString());
  const { what, remedy } = meanings.find(({ is }) => is(status, text)) as Meaning;
  const words = text.replace(/\s+/g, ' ').trim().slice(0, maxWords);
  return { given: `${what}: status ${status}${words && `, ${JSON.stringify(words)}`}`, remedy };
}
