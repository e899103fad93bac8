/** The codec of the option `plan`. */
import { isDigest } from '../../lib/image/digest/digest.js'
import type { PullPlan } from '../../pipelines/plan/plan-pull.js'
import * as takes from './option-codecs.js'

const size = takes.wholeNumber(0)
const action = takes.oneOf('exists', 'resume', 'download')

const isLayer = (value: unknown): boolean =>
  takes.isRecord(value) &&
  takes.text.is(value['digest']) &&
  isDigest(value['digest']) &&
  size.is(value['size']) &&
  size.is(value['offset']) &&
  action.is(value['action'])

/** A plan as `plan` returns it, also after a round trip through JSON. Checks what a pull uses of it. */
export const pullPlan = takes.codec(
  'a plan that “plan” returned',
  (value): value is PullPlan =>
    takes.isRecord(value) &&
    takes.text.is(value['name']) &&
    takes.text.is(value['requestedPlatform']) &&
    takes.text.is(value['digest']) &&
    isDigest(value['digest']) &&
    Array.isArray(value['layers']) &&
    value['layers'].every(isLayer),
)
