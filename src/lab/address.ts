/* The page's state as the fragment of its address: whoever opens the link finds the same networks at the same step. */
import {
  type AttackName,
  attacks,
  type GradientPath,
  gradientPaths,
  type LossName,
  losses,
  type OptimizerName,
  optimizers,
  type RuleName,
  rules,
} from '../core.js';
import { type Picture, parsePicture, printPicture } from './picture-address.js';
import { type PlanName, plans, STEPS } from './plans.js';

export const views = ['learn', 'look', 'attack', 'why'] as const;
export type View = (typeof views)[number];

export interface State {
  readonly view: View;
  readonly rules: readonly [RuleName, RuleName];
  readonly plan: PlanName;
  readonly seed: number;
  /** What differs from the plan. */
  readonly optimizer: OptimizerName | undefined;
  readonly rates: readonly [number | undefined, number | undefined];
  /** Mini-batches that both networks have learned from. */
  readonly step: number;
  readonly picture: Picture;
  /** Which step of the walk through the layers is shown. */
  readonly walk: number;
  /** Whether the walk is that of the picture as the attack has moved it. */
  readonly moved: boolean;
  readonly attack: AttackName;
  readonly epsilon: number;
  readonly iterations: number;
  readonly path: GradientPath;
  readonly loss: LossName;
  /** Which of the two networks is attacked. */
  readonly source: 0 | 1;
}

export const initialState: State = {
  view: 'learn',
  rules: ['bp', 'fa'],
  plan: 'tuned',
  seed: 1,
  optimizer: undefined,
  rates: [undefined, undefined],
  step: 0,
  picture: { kind: 'test', index: 0 },
  walk: 0,
  moved: false,
  attack: 'bim',
  epsilon: 0.2,
  iterations: 10,
  path: 'feedback',
  loss: 'cross-entropy',
  source: 1,
};

const MOST_ITERATIONS = 100;
/** More than any walk has steps; it ends where the network does. */
const MOST_WALK = 999;

/** The fragment for a state: what differs from the initial one. */
export function printAddress(state: State): string {
  const { rates, picture } = state;
  const said: Record<string, string | undefined> = {
    rules: state.rules.join(','),
    plan: state.plan,
    seed: `${state.seed}`,
    optimizer: state.optimizer,
    rates: rates.some((rate) => rate !== undefined) ? rates.map((rate) => rate ?? '').join(',') : undefined,
    step: `${state.step}`,
    image: printPicture(picture),
    walk: `${state.walk}`,
    moved: state.moved ? '1' : undefined,
    attack: state.attack,
    epsilon: `${state.epsilon}`,
    iterations: `${state.iterations}`,
    path: state.path,
    loss: state.loss,
    source: `${state.source}`,
  };
  const usual: Record<string, string> = {
    ...{ rules: 'bp,fa', plan: 'tuned', seed: '1', step: '0', image: '0', walk: '0', attack: 'bim', epsilon: '0.2' },
    ...{ iterations: '10', path: 'feedback', loss: 'cross-entropy', source: '1' },
  };
  const changed = Object.entries(said).filter(([name, value]) => value !== undefined && value !== usual[name]);
  return [state.view, ...changed.map(([name, value]) => `${name}=${value}`)].join('&');
}

/** The state that a fragment (without its #) stands for. What can't be read, or is out of range, stays as usual. */
export function parseAddress(fragment: string): State {
  const [first = '', ...parts] = fragment.split('&');
  const said = new Map(parts.map((part) => part.split('=', 2) as [string, string]));
  const number = (name: string, least: number, most: number, usual: number, whole = true) => {
    const text = said.get(name);
    const value = text?.trim() ? Number(text) : Number.NaN;
    return value >= least && value <= most && (!whole || Number.isInteger(value)) ? value : usual;
  };
  const key = <Name extends string, Usual>(name: string, table: Readonly<Record<Name, unknown>>, usual: Usual) => {
    const text = said.get(name) ?? '';
    return Object.hasOwn(table, text) ? (text as Name) : usual;
  };
  const usual = initialState;
  const named = (said.get('rules') ?? '').split(',');
  const known = named.length === 2 && named.every((rule) => Object.hasOwn(rules, rule));
  const rates = (said.get('rates') ?? '').split(',').map((text) => (text === '' ? undefined : Number(text)));
  const usable = rates.length === 2 && rates.every((rate) => rate === undefined || (rate > 0 && rate <= 10));
  return {
    view: views.find((view) => view === first) ?? usual.view,
    rules: known ? (named as [RuleName, RuleName]) : usual.rules,
    plan: key('plan', plans, usual.plan),
    seed: number('seed', 0, 0xffffffff, usual.seed),
    optimizer: key('optimizer', optimizers, undefined),
    rates: usable ? (rates as [number | undefined, number | undefined]) : usual.rates,
    step: number('step', 0, STEPS, usual.step),
    picture: parsePicture(said.get('image')) ?? usual.picture,
    walk: number('walk', 0, MOST_WALK, usual.walk),
    moved: said.get('moved') === '1',
    attack: key('attack', attacks, usual.attack),
    epsilon: number('epsilon', 0, 1, usual.epsilon, false),
    iterations: number('iterations', 1, MOST_ITERATIONS, usual.iterations),
    path: gradientPaths.find((path) => path === said.get('path')) ?? usual.path,
    loss: key('loss', losses, usual.loss),
    source: number('source', 0, 1, usual.source) === 0 ? 0 : 1,
  };
}
