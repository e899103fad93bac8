/**
 * Lists the kinds of artifacts that are not container images, with the tools that read them. The media type identifies
 * the kind.
 */

/** A kind of artifact. */
export interface ArtifactKind {
  /** Matches the media type of a config, a layer or an artifact. */
  readonly type: RegExp
  /** Name with its article: `a Helm chart`. */
  readonly what: string
  /** A sentence that says which tool reads it. */
  readonly hint: string
}

/** Hint for artifacts without a tool of their own. */
export const orasHint = 'Fetch it with the tool that made it, or with “oras pull”.'
const sbomHint = 'Read it with “cosign download sbom” or “oras pull”.'
const signatureHint = 'Check it with “cosign verify” or “notation verify” on the image that it signs.'
const attestationHint = 'Read it with “cosign download attestation” or “docker buildx imagetools inspect”.'
const wasmHint = 'Run it with a WebAssembly runtime, such as wasmtime or the runwasi shims of containerd.'

/** All kinds, in order of precedence: the first whose `type` matches is used. */
const kinds: readonly ArtifactKind[] = [
  {
    type: /\+encrypted$/,
    what: 'an image with encrypted layers',
    hint: 'Decrypt it first: “skopeo copy --decryption-key KEY …”.',
  },
  {
    type: /nydus/,
    what: 'a Nydus image',
    hint: 'Run it with the Nydus snapshotter, or pull the image that it was converted from.',
  },
  {
    type: /^application\/vnd\.cncf\.helm\./,
    what: 'a Helm chart',
    hint: 'Pull it with “helm pull oci://…”.',
  },
  {
    type: /^application\/vnd\.dev\.cosign\.simplesigning\./,
    what: 'a cosign signature',
    hint: signatureHint,
  },
  { type: /^application\/vnd\.dev\.sigstore\.bundle/, what: 'a Sigstore bundle', hint: signatureHint },
  {
    type: /^application\/vnd\.cncf\.notary\.signature$|^application\/jose\+json$/,
    what: 'a Notation signature',
    hint: signatureHint,
  },
  { type: /in-toto|dsse\.envelope/, what: 'an attestation', hint: attestationHint },
  { type: /spdx|cyclonedx|vnd\.syft\+|sbom/, what: 'an SBOM', hint: sbomHint },
  { type: /wasm/, what: 'a WebAssembly module', hint: wasmHint },
  {
    type: /^application\/vnd\.devcontainers/,
    what: 'a dev container feature or template',
    hint: 'Name it in a devcontainer.json, or pull it with “oras pull”.',
  },
  {
    type: /^application\/vnd\.buildkit\.cacheconfig/,
    what: 'a BuildKit cache',
    hint: 'Give it to “docker buildx build --cache-from”.',
  },
  {
    type: /^application\/vnd\.docker\.plugin/,
    what: 'a Docker plugin',
    hint: 'Install it with “docker plugin install”.',
  },
  {
    type: /^application\/vnd\.docker\.compose\.|^application\/vnd\.docker\.app/,
    what: 'a Compose project',
    hint: 'Run it with “docker compose -f oci://… up”.',
  },
  {
    type: /^application\/vnd\.(docker\.ai\.|cncf\.model|ollama\.)/,
    what: 'an AI model',
    hint: 'Pull it with “docker model pull”, ollama, or “oras pull”.',
  },
  {
    type: /^application\/vnd\.cncf\.flux\./,
    what: 'a Flux artifact',
    hint: 'Pull it with “flux pull artifact oci://…”.',
  },
  { type: /openpolicyagent/, what: 'a policy bundle of Open Policy Agent', hint: orasHint },
  { type: /sylabs\.sif/, what: 'a Singularity image', hint: 'Pull it with “apptainer pull oras://…”.' },
  {
    type: /^application\/vnd\.amazon\.soci\./,
    what: 'a SOCI index',
    hint: 'It belongs to another image, which the SOCI snapshotter reads with it.',
  },
  { type: /^application\/vnd\.cnab\./, what: 'a CNAB bundle', hint: orasHint },
  {
    type: /^application\/vnd\.cdf\.tekton\./,
    what: 'a Tekton bundle',
    hint: 'Read it with “tkn bundle list”.',
  },
  { type: /^application\/vnd\.oci\.artifact\.manifest\./, what: 'an OCI artifact manifest', hint: orasHint },
]

/** Returns the kind of artifact that has `mediaType`, or undefined if it is unknown. */
export const artifactKind = (mediaType: string): ArtifactKind | undefined =>
  kinds.find((kind) => kind.type.test(mediaType.toLowerCase()))
