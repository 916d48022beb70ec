/* What the lesson has found out so far, image by image. */
import type { AttackSettings } from '../engine/answers.js';
import { percent } from '../words.js';

export const EPSILON = 0.2;
export const RADII = [0.1, EPSILON, 0.3, 0.5];

/** The four ways to ask: along which path, making which loss grow. */
export const ways = {
  paper: { path: 'feedback', loss: 'cross-entropy' },
  margin: { path: 'feedback', loss: 'margin' },
  carried: { path: 'true', loss: 'cross-entropy' },
  both: { path: 'true', loss: 'margin' },
} satisfies Record<string, Partial<AttackSettings>>;
export type Way = keyof typeof ways;

/** Of one network: each image's fate, as far as it is known; of the ways to ask at each of the radii. */
export interface Found {
  readonly clean: boolean[];
  readonly zero: boolean[];
  readonly grey: boolean[];
  readonly asked: Record<Way, boolean[][]>;
}

export const nothing = (): Found => {
  const each = () => RADII.map((): boolean[] => []);
  return { clean: [], zero: [], grey: [], asked: { paper: each(), margin: each(), carried: each(), both: each() } };
};
export const partOf = (flags: readonly boolean[]): number => flags.filter(Boolean).length / flags.length;
export const share = (flags: readonly boolean[]): string => (flags.length === 0 ? '…' : percent(partOf(flags)));
export const under = ({ asked }: Found, way: Way): boolean[] => asked[way][RADII.indexOf(EPSILON)];
/** Images on which no attack of the lesson fooled the network. */
export const worst = ({ asked, clean }: Found, r = RADII.indexOf(EPSILON)): boolean[] =>
  asked.both[r].map((right, i) => right && clean[i] && asked.paper[r][i] && asked.margin[r][i] && asked.carried[r][i]);
