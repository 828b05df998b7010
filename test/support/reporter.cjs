const fs = require('node:fs');
const Mocha = require('mocha');

/** Mocha's spec reporter that also appends its own counts to `MOCHA_COUNTS`, for the closing line of `npm test`. */
module.exports = class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const file = process.env.MOCHA_COUNTS;
      if (!file) return;
      const { passes, failures, pending } = runner.stats;
      fs.appendFileSync(file, `${passes} ${failures} ${pending}\n`);
    });
  }
};
