import { test } from 'tap';
import { type AuditAttack, defaultAudit, lastResort, longerPaperAttack, nearestWhiteBox, recipe, restartedPaperAttack, standardIds, strongerWhiteBox, targetedWhiteBox } from '../../src/audit/recipe.js'; // biome-ignore format: one line
import { maximisedLoss } from '../../src/metrics/attack-loss.js';

/** All attacks that an audit may try. */
function allOf(classes: number): AuditAttack[] {
  const audited = { name: 'fa', ownPath: 'feedback', classes } as const;
  return [
    ...recipe(audited, [{ name: 'bp', ownPath: 'true', classes }], defaultAudit),
    longerPaperAttack(audited, 10),
    restartedPaperAttack(audited, defaultAudit),
    targetedWhiteBox(audited, defaultAudit),
    nearestWhiteBox(defaultAudit),
    ...strongerWhiteBox(defaultAudit),
    lastResort(defaultAudit),
  ];
}

test('a name in audit.json that holds a loss holds the loss that the attack maximises', (t) => {
  for (const classes of [2, 3, 4, 10]) {
    const named = allOf(classes).filter(({ id }) => id.includes('/'));
    t.ok(named.length > 10);
    for (const { id, attack, loss, path } of named) {
      const maximised = maximisedLoss(attack, loss, classes);
      t.match(id.replace(/, .*/, ''), new RegExp(`(^|/)${attack}/${path}/${maximised}$`), `${id}, ${classes} classes`);
    }
  }
  t.end();
});

test('the names without a loss are of attacks that maximise the margin, or no loss', (t) => {
  const bare = allOf(10).filter(({ id }) => !id.includes('/'));
  const byLoss = bare.map(({ id, attack, loss }) => [id, maximisedLoss(attack, loss, 10)]);
  t.same(Object.fromEntries(byLoss), { grey: null, 'uniform-noise': null, 'sign-noise': null, square: 'margin', fab: 'margin', spsa: 'margin' }); // biome-ignore format: one line
  const ids = allOf(10).map(({ id }) => id);
  for (const id of standardIds({ name: 'fa', ownPath: 'true', classes: 10 })) t.ok(ids.includes(id), id);
  t.end();
});
