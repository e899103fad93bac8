/** What every view gets. */
import type { Frame } from './frame.js'
import type { Page } from './page.js'

/** What every view gets. */
export interface ViewProps {
  readonly page: Page
  readonly frame: Frame
}
