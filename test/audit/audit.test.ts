import { test } from 'tap';
import { type AuditWork, auditNetworks } from '../../src/audit/audit.js';
import { type Audited, quickAudit } from '../../src/audit/recipe.js';

const images = { pixels: new Uint8Array(4), labels: Uint8Array.of(0, 1, 0, 1), count: 4 };
const settings = { ...quickAudit, epsilons: [0.1, 1] };

/** Whose examples each network is shown in an audit of these. */
async function sourcesIn(names: readonly string[]): Promise<Record<string, string[]>> {
  const asked: Record<string, string[]> = {};
  const counts = (['cross-entropy', 'margin'] as const).flatMap((loss) =>
    (['feedback', 'true'] as const).map((path) => ({ loss, path, zero: 0, notFinite: 0 })),
  );
  const answers = { likeProbabilities: 0, changing: 0 };
  const logits = { images: [], otherInFloat64: 0 };
  const work: AuditWork = {
    inspect: async () => [
      { first: 0, predictions: images.labels, answers, logits, counts, angles: new Float64Array(4) },
    ],
    async tryAttacks(name, _, trials) {
      asked[name] ??= [...new Set(trials.flatMap(({ attack }) => attack.source ?? []))];
      return trials.map((trial, t) => ({
        ...{ trial: t, first: 0, notFinite: 0 },
        predictions: new Uint8Array(trial.images.length),
        queries: new Int32Array(trial.images.length),
      }));
    },
  };
  const subjects = names.map((name): Audited => ({ name, ownPath: name === 'bp' ? 'true' : 'feedback', classes: 2 }));
  await auditNetworks(subjects, images, settings, work);
  return asked;
}

test('up to three networks are shown each other’s examples', async (t) => {
  t.same(await sourcesIn(['bp', 'fa']), { bp: ['fa'], fa: ['bp'] });
  t.same(await sourcesIn(['bp', 'kp', 'wm']), { bp: ['kp', 'wm'], kp: ['bp', 'wm'], wm: ['bp', 'kp'] });
});

test('more of them those of the paper’s rules alone, or where none has learned by these, of two', async (t) => {
  const paper = ['bp', 'fa'];
  t.same(await sourcesIn(['bp', 'fa', 'kp', 'wm']), { bp: ['fa'], fa: ['bp'], kp: paper, wm: paper });
  t.same(await sourcesIn(['fa', 'dfa', 'kp', 'wm']), { fa: ['dfa', 'kp'], dfa: ['fa'], kp: ['fa'], wm: ['fa'] });
});
