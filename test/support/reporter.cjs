const fs = require('node:fs');
const Mocha = require('mocha');

/**
 * Mocha's spec reporter that also notes its own counts and the titles of failed tests, as one line of JSON,
 * in `MOCHA_COUNTS`, for the closing lines of `npm test`.
 */
module.exports = class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failed = [];
    runner.on('fail', (test, error) =>
      failed.push(`${test.fullTitle()}: ${error?.message ?? error}`),
    );
    runner.once('end', () => {
      const file = process.env.MOCHA_COUNTS;
      if (!file) return;
      const { passes, failures } = runner.stats;
      fs.writeFileSync(file, JSON.stringify({ passes, failures, failed }));
    });
  }
};
