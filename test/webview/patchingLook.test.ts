import { closeBrowser, THEMES } from './support/panelPage';
import { INDUCTION, openRealPatching, runPair, type RealPair } from './support/patchingView';

describe('Patching view beside its pictures', function () {
  this.timeout(300_000);
  let pair: RealPair;
  before(async () => (pair = await runPair('decoder', INDUCTION.a, INDUCTION.b)));
  after(closeBrowser);

  for (const theme of THEMES) {
    for (const width of [1200, 480]) {
      it(`${theme}, ${width} px`, async () => {
        const panel = await openRealPatching(pair, { theme, width });
        await panel.screenshot(`patching-${theme}-${width}`);
        await panel.close();
      });
    }
  }
});
