/** Checks what the user may do. */
import { whyCannotChown, isInUserNamespace } from '../../lib/system/privileges.js'
import type { Check } from '../examination.js'
import { findingsOf } from '../finding.js'

const finding = findingsOf('user')

/** What this process may do. */
export interface Privileges {
  readonly isRoot: boolean
  /** Why the process cannot set the owners of files, as a clause; undefined if it can. */
  readonly whyCannotChown: string | undefined
  readonly isInUserNamespace: boolean
}

/** Returns the check for given privileges. */
export const checkPrivileges =
  ({ isRoot, whyCannotChown, isInUserNamespace }: Privileges): Check =>
  () => {
    if (!isRoot)
      return [
        finding(
          'note',
          'This user is not root: unpacked files belong to this user, and devices are skipped.',
          'Run Windlass as root, or in “podman unshare”, if owners and devices matter. Blobs are not affected.',
        ),
      ]
    if (whyCannotChown !== undefined)
      return [
        finding(
          'problem',
          `Root cannot set the owners of files: ${whyCannotChown}.`,
          'Give the container the capabilities CHOWN, DAC_OVERRIDE, FOWNER and FSETID.',
        ),
      ]
    if (isInUserNamespace)
      return [finding('note', 'This is root in a user namespace: owners that it does not map cannot be set.')]
    return [finding('ok', 'This is root: owners, modes and devices are unpacked as they are in the image.')]
  }

/** Checks what the user may do. */
export const checkUser: Check = (examination) =>
  checkPrivileges({
    isRoot: process.geteuid?.() === 0,
    whyCannotChown: whyCannotChown(),
    isInUserNamespace: isInUserNamespace(),
  })(examination)
