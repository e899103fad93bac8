/** Provides `DockerArchiveSink`, which writes an image as an archive of `docker save`. */
import { indexedImages } from '../../archive/index.js'
import type { Descriptor } from '../../image/index.js'
import { type ArchiveForm, ArchiveSink } from './archive-sink.js'
import { assertLoadable, dockerImageOf } from './docker-image.js'

/**
 * Returns an archive of `docker save` as a target of images, in the form of Docker 25 and newer, which older versions load too: it is
 * also an OCI image layout. A tag is a normalised name. Call `finish` to write it, and `close` at the end, also after a failure.
 *
 * @example
 * const sink = dockerArchiveSink('app.tar')
 * await sink.putManifest(bytes, descriptor, { tag: 'docker.io/library/app:1' })
 * await sink.finish()
 * await sink.close()
 */
export const dockerArchiveSink = (file: string): DockerArchiveSink => new DockerArchiveSink(file)

const form: ArchiveForm = {
  prefix: 'docker-archive:',
  lists: ({ entries, manifests, readConfig }) => {
    const roots = entries.filter(({ isRoot }) => isRoot)
    const namesOf = (name: string | undefined): readonly string[] => (name === undefined ? [] : [name])
    return {
      index: roots.flatMap(({ descriptor: { mediaType, digest, size }, name }) =>
        indexedImages({ mediaType, digest, size }, namesOf(name)),
      ),
      docker: roots.flatMap(
        ({ descriptor, name }) =>
          dockerImageOf(manifests.get(descriptor.digest)!, namesOf(name), readConfig) ?? [],
      ),
    }
  },
}

/** An archive of `docker save`, as a target of images. References: `docker-archive:FILE`, `docker-archive:FILE:REF`. */
export class DockerArchiveSink extends ArchiveSink {
  /** @param file path of the archive */
  constructor(file: string) {
    super(file, form)
  }

  /** Refuses what Docker cannot load: indexes, and artifacts that are not images. @throws UNSUPPORTED */
  checkManifest(bytes: Buffer, descriptor: Descriptor): void {
    assertLoadable({ bytes, descriptor })
  }
}
