/** All tables, in the order of the page. */
import type { Table } from '../row.js'
import { archives } from './archives/archives.js'
import { armVariants } from './arm-variants.js'
import { challenges } from './challenges.js'
import { configs } from './configs.js'
import { credentials } from './credentials.js'
import { cutArchives } from './archives/archive-cuts.js'
import { digests } from './digests.js'
import { imageNames } from './image-names.js'
import { layers } from './archives/layers.js'
import { layersOfUmoci } from './archives/layers-of-umoci.js'
import { layouts } from './layouts.js'
import { links } from './links.js'
import { manifestSchema } from './manifest-schema.js'
import { manifests } from './manifests.js'
import { paxRecords, paxTimes, tarNumbers } from './archives/tar-numbers.js'
import { platformChoice } from './platform-choice.js'
import { platformOrder } from './platform-order.js'
import { platforms } from './platforms.js'
import { references } from './references.js'
import { referencesOfClients } from './references-of-clients.js'
import { sparseFiles } from './archives/sparse-files.js'

export const tables: readonly Table<unknown>[] = [
  references,
  referencesOfClients,
  digests,
  platforms,
  platformChoice,
  platformOrder,
  armVariants,
  challenges,
  links,
  credentials,
  manifestSchema,
  manifests,
  configs,
  imageNames,
  layouts,
  tarNumbers,
  paxTimes,
  paxRecords,
  archives,
  cutArchives,
  sparseFiles,
  layers,
  layersOfUmoci,
]
