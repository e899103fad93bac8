/** Collects the catalogue of faults with their required results. docs/faults.md is generated from it. */
import { blobFaults } from './blob.js'
import { blobEncodingFaults } from './blob-encoding.js'
import type { CataloguedFault } from '../scene/catalogued.js'
import { challengeFaults } from './challenge.js'
import { configFaults } from './config.js'
import { foreignFaults } from './foreign.js'
import { manifestFaults } from './manifest.js'
import { pingFaults } from './ping.js'
import { rangeFaults } from './range.js'
import { redirectAbroadFaults } from './redirect-abroad.js'
import { redirectFaults } from './redirect.js'
import { stallFaults } from './stall.js'
import { statusFaults } from './status.js'
import { tagsFaults } from './tags.js'
import { tagsLinkFaults } from './tags-links.js'
import { tlsFaults } from './tls.js'
import { tokenFaults } from './token.js'
import { wireFaults } from './wire.js'

/** All catalogued faults, grouped by moment. */
export const faultCatalogue: readonly CataloguedFault[] = [
  ...pingFaults,
  ...challengeFaults,
  ...tokenFaults,
  ...redirectFaults,
  ...redirectAbroadFaults,
  ...statusFaults,
  ...manifestFaults,
  ...configFaults,
  ...blobFaults,
  ...blobEncodingFaults,
  ...rangeFaults,
  ...tagsLinkFaults,
  ...tagsFaults,
  ...foreignFaults,
  ...wireFaults,
  ...stallFaults,
  ...tlsFaults,
]
