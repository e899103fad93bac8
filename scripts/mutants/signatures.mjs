/** Bugs in lib/signatures and lib/referrers, for `mutate.mjs`: signatures that count and must not, and what is lost. */
const of = (path) => [`spec/lib/signatures/${path}.spec.ts`]
const referrers = (path) => [`spec/lib/referrers/${path}.spec.ts`]

// prettier-ignore
export const mutants = [
  { name: 'artifact type not asked for', file: 'lib/referrers/list-referrers.ts', from: '  ...(artifactType !== undefined && { artifactType }),\n', to: '', specs: referrers('list-referrers') },
  { name: 'one referrer too few', file: 'lib/referrers/list-referrers.ts', from: 'seen.size > maxReferrers', to: 'seen.size >= maxReferrers', specs: referrers('list-referrers') },
  { name: 'referrer listed twice', file: 'lib/referrers/list-referrers.ts', from: 'if (seen.has(entry.digest)) continue', to: '', specs: referrers('list-referrers') },
  { name: 'tag of cosign of any type', file: 'lib/referrers/list-referrers.ts', from: '!isWanted(referrer) || seen.has', to: 'referrer === undefined || seen.has', specs: referrers('list-referrers') },
  { name: 'index under a tag of cosign', file: 'lib/referrers/list-referrers.ts', from: "document.kind === 'image' ? { ...referrerOf", to: "document.kind !== 'schema1' ? { ...referrerOf", specs: referrers('list-referrers') },
  { name: 'failure of the source passed over', file: 'lib/referrers/list-referrers.ts', from: '|| !unreadableCodes.has(error.code)) throw error', to: ') throw error', specs: referrers('list-referrers') },
  { name: 'artifact of any size', file: 'lib/referrers/read-artifact.ts', from: 'limit: maxBytes', to: 'limit: Infinity', specs: referrers('read-artifact') },
  { name: 'artifact not verified', file: 'lib/referrers/read-artifact.ts', from: '  verifier.check()\n', to: '', specs: referrers('read-artifact') },
  { name: 'artifact type of the second layer', file: 'lib/referrers/referrer.ts', from: 'layers[0]?.mediaType', to: 'layers[1]?.mediaType', specs: referrers('referrer') },
  { name: 'statement of version 0.1 refused', file: 'lib/signatures/bundle-signature.ts', from: ", 'https://in-toto.io/Statement/v0.1': null", to: '', specs: of('bundle-signature') },
  { name: 'attestation taken for a signature', file: 'lib/signatures/bundle-signature.ts', from: 'if (predicateType !== signPredicate)', to: "if (predicateType === '')", specs: of('bundle-signature') },
  { name: 'image without a name signed under any', file: 'lib/signatures/check-signatures.ts', from: '!(stated !== undefined && reference && isSignedAs(wanted, reference, stated))', to: '!(stated !== undefined && (!reference || isSignedAs(wanted, reference, stated)))', specs: of('check-signatures') },
  { name: 'stated name not compared', file: 'lib/signatures/check-signatures.ts', from: '(identity ?? identityIfStated)', to: 'identity', specs: of('check-signatures') },
  { name: 'more refusals than there are', file: 'lib/signatures/check-signatures.ts', from: '${failures.length - 1}', to: '${failures.length}', specs: of('check-signatures') },
  { name: 'lost signature ends the check', file: 'lib/signatures/check-signatures.ts', from: ", 'BLOB_UNKNOWN'", to: '', specs: of('check-signatures') },
  { name: 'one signature too few', file: 'lib/signatures/check-signatures.ts', from: '++count > maxSignatures', to: '++count >= maxSignatures', specs: of('check-signatures') },
  { name: 'policy checked without the request', file: 'lib/signatures/policy/image-policy.ts', from: 'checkSignatures(image, requirement, request)', to: 'checkSignatures(image, requirement)', specs: of('policy/image-policy') },
  { name: 'no requirement accepts', file: 'lib/signatures/policy/image-policy.ts', from: 'requirements.length === 0 || ', to: '', specs: of('policy/image-policy') },
  { name: 'keys of logs not known', file: 'lib/signatures/policy/policy-file.ts', from: '...keyFields, ...logFields,', to: '...keyFields,', specs: of('policy/policy-file') },
  { name: 'keys of logs not required', file: 'lib/signatures/policy/policy-file.ts', from: '...(logs && { logs })', to: '', specs: of('policy/policy-file') },
  { name: 'fulcio without a certificate', file: 'lib/signatures/policy/policy-file.ts', from: 'if (chain.length === 0)', to: 'if (chain.length > 9)', specs: of('policy/policy-file') },
  { name: 'weak RSA key', file: 'lib/signatures/public-key.ts', from: 'bits >= minRsaBits', to: 'bits > 0', specs: of('public-key') },
  { name: 'second key of a file passed over', file: 'lib/signatures/public-key.ts', from: 'return blocks.map((block)', to: 'return blocks.slice(0, 1).map((block)', specs: of('public-key') },
  { name: 'prefix replaced within a part of a name', file: 'lib/signatures/signed-identity.ts', from: "rest === '' || /^[/:@]/.test(rest) ?", to: 'rest !== undefined ?', specs: of('signed-identity') },
  { name: 'name without a tag is exact', file: 'lib/signatures/signed-identity.ts', from: '  (stated.tag !== undefined || stated.digest !== undefined) &&\n', to: '', specs: of('signed-identity') },
  { name: 'tag and digest count for any tag', file: 'lib/signatures/signed-identity.ts', from: 'reference.digest !== undefined && reference.tag === undefined', to: 'reference.digest !== undefined', specs: of('signed-identity') },
  { name: 'body of a log entry blamed on nobody', file: 'lib/signatures/simple-signature.ts', from: "parseJson(Buffer.from(body, 'base64'), about), about)", to: "parseJson(Buffer.from(body, 'base64'), about), undefined)", specs: of('simple-signature') },
  { name: 'timestamp of a signature dropped', file: 'lib/signatures/simple-signature.ts', from: '[{ signedTimestamp: SignedRFC3161Timestamp }]', to: '[]', specs: of('simple-signature') },
  { name: 'authority valid for ever', file: 'lib/signatures/trust-root.ts', from: '          { uri, validFor },', to: '          { uri },', specs: of('trust-root') },
  { name: 'key of a log in PKCS #1 misread', file: 'lib/signatures/trust-root.ts', from: "? 'pkcs1' : 'spki'", to: "? 'spki' : 'spki'", specs: of('trust-root') },
  { name: 'default scope of a transport ignored', file: 'lib/signatures/policy/policy-file.ts', from: "for (const scope of [...scopes, '']) {", to: 'for (const scope of scopes) {', specs: ['spec/lib/signatures/policy/policy-file.spec.ts'] },
  { name: 'time of an unknown log confirmed', file: 'lib/signatures/verify-signature.ts', from: "timestamps: entity.timestamps.filter(({ $case }) => hasLogs || $case === 'timestamp-authority'),", to: 'timestamps: entity.timestamps,', specs: ['spec/lib/signatures/verify-signature.spec.ts'] },
]
