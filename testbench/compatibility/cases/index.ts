/** All cases of compatibility, by kind. */
import type { CompatibilityCase } from '../case.js'
import { artifactCases } from './artifacts.js'
import { compressionCases } from './compression.js'
import { configCases } from './configs.js'
import { credentialCases } from './credentials.js'
import { digestCases } from './digests.js'
import { documentCases } from './documents.js'
import { errorCases } from './errors.js'
import { headerCases } from './headers.js'
import { neighbourCases } from './index-neighbours.js'
import { indexCases } from './indexes.js'
import { layerlessCases } from './layerless.js'
import { linkCases, listCases } from './lists.js'
import { redirectCases } from './redirects.js'

export const cases: readonly CompatibilityCase[] = [
  ...documentCases,
  ...configCases,
  ...errorCases,
  ...layerlessCases,
  ...indexCases,
  ...neighbourCases,
  ...headerCases,
  ...redirectCases,
  ...linkCases,
  ...listCases,
  ...artifactCases,
  ...digestCases,
  ...compressionCases,
  ...credentialCases,
]
