/** How faults of a layer's bytes are made. */
import type { Fault, FaultMoment } from '../fault.js'
import {
  faultsOf,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

export const blobFault = faultsOf('blob')

/** It happens to each answer with the layer. */
export const layerFault = (
  name: string,
  does: string,
  gives: FaultOutcome,
  fault: (moment: FaultMoment, scene: FaultScene) => Fault,
  change: FaultChange = {},
): CataloguedFault =>
  blobFault(
    name,
    does,
    gives,
    (scene) => scene.registry.addFault(fault({ reference: scene.layer, times: Infinity }, scene)),
    change,
  )
