/** The codec of the option `plan`. */
import { isDigest } from '../../lib/image/digest/digest.js'
import type { PullPlan } from '../../pipelines/plan/plan-pull.js'
import * as codecs from './option-codecs.js'

const size = codecs.wholeNumber(0)
const action = codecs.oneOf('exists', 'resume', 'download')

const isLayer = (value: unknown): boolean =>
  codecs.isRecord(value) &&
  codecs.text.is(value['digest']) &&
  isDigest(value['digest']) &&
  size.is(value['size']) &&
  size.is(value['offset']) &&
  action.is(value['action'])

/** A plan as `plan` returns it, also after a round trip through JSON. Checks only the members that a pull uses. */
export const pullPlan = codecs.codec(
  'a plan that “plan” returned',
  (value): value is PullPlan =>
    codecs.isRecord(value) &&
    codecs.text.is(value['name']) &&
    codecs.text.is(value['requestedPlatform']) &&
    codecs.text.is(value['digest']) &&
    isDigest(value['digest']) &&
    Array.isArray(value['layers']) &&
    value['layers'].every(isLayer),
)
