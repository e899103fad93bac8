/** Provides functions to define faults of layer blobs. */
import type { Fault, FaultMoment } from '../fault.js'
import {
  faultDefiner,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

/** Defines a fault of the moment `blob`. */
export const blobFault = faultDefiner('blob')

/** Defines a fault that applies to every response with the large layer. */
export const layerFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  fault: (moment: FaultMoment, scene: FaultScene) => Fault,
  change: FaultChange = {},
): CataloguedFault =>
  blobFault(
    name,
    behaviour,
    outcome,
    (scene) => scene.registry.addFault(fault({ reference: scene.layer, times: Infinity }, scene)),
    change,
  )
