import { test } from 'tap';
import { Forecast } from '../../src/audit/rehearsal.js';
import { forecastText } from '../../src/experiment/audit-forecast.js';

test('the time of an audit in a line, and that of the usual one where this is longer', (t) => {
  const forecast = new Forecast([[{ share: 1, shows: 10, seconds: 0.1 }], [{ share: 0.2, shows: 9, seconds: 0.2 }]]);
  t.equal(forecastText(forecast, 200, 1, 1), 'About 30 s: 200 images, 1 network, 2 trials');
  t.equal(
    forecastText(forecast, 10_000, 2, 2),
    'About 12 min: 10,000 images, 2 networks, 2 trials (--images 1000 would take about 1 min 10 s)',
  );
  t.end();
});
