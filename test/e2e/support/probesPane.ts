import type { Locator } from 'playwright-core';
import type { Workbench } from './workbench';

/** The section of the Layers view that fits probes and shows them. */
export class ProbesPane {
  constructor(private readonly workbench: Workbench) {}

  get element(): Locator {
    return this.workbench.panel.locator('.probes-pane');
  }

  /** What tells how far fitting has come; there only while it is under way. */
  get progress(): Locator {
    return this.element.locator('.layer-task:visible');
  }

  get charts(): Locator {
    return this.element.locator('.probe-chart:visible');
  }

  /** What the probes on show were fitted with. */
  get facts(): Locator {
    return this.element.getByText(/held out, seed/);
  }

  /** Why there is nothing to show. */
  get reason(): Locator {
    return this.element.locator('.layer-reason:visible');
  }

  /** Chooses an entry of *Fit probes…*. */
  async fitWith(item: string): Promise<void> {
    await this.element.getByRole('button', { name: 'Fit probes…' }).click();
    await this.workbench.choose(this.element.getByRole('menuitem', { name: item }));
  }

  /** Fits probes on a file that is typed into VS Code's own dialog. */
  async fitFile(file: string): Promise<void> {
    await this.fitWith('CoNLL-U file…');
    const { page } = this.workbench;
    const field = page.locator('.quick-input-widget:visible input.input');
    // The dialog writes its folder into the field once it has listed it.
    await page.locator('.quick-input-list-entry:visible').first().waitFor();
    await field.fill(file);
    const isClosed = () =>
      field.waitFor({ state: 'detached', timeout: 2000 }).then(
        () => true,
        () => false,
      );
    for (let tries = 0; tries < 60; tries++) {
      await field.press('Enter');
      if (await isClosed()) return;
    }
    throw new Error(`The dialog does not take ${file}.`);
  }
}
