// Errors of keys/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const keysRows = {
  'signature-missing': {
    exit: exitStatus.refused,
    meaning: 'A document that must be signed carries no OpenPGP signature.',
    advice: 'Do not use it; tell the operator of the server or mirror.',
  },
  'signature-unknown-key': {
    exit: exitStatus.refused,
    meaning: 'Every signature of a document was made by a key that is not trusted here.',
    advice: 'Check which key the publisher announces; do not use the document until it is signed by that key.',
  },
  'signature-invalid': {
    exit: exitStatus.refused,
    meaning: 'A signature does not fit its document: one of both was changed or damaged, or the key may not sign.',
    advice: 'Try again later or from another mirror; tell its operator.',
  },
  'signature-weak': {
    exit: exitStatus.refused,
    meaning: 'A document is signed with an algorithm that is no longer safe (MD5, RIPEMD-160, SHA-1).',
    advice: 'Ask the publisher to sign again with SHA-256 or better.',
  },
  'signature-from-future': {
    exit: exitStatus.refused,
    meaning: "A signature is dated after this machine's clock.",
    advice: 'Set the clock of this machine (see `date -u`); if it is right, the clock of the signer is wrong.',
  },
  'signature-expired': {
    exit: exitStatus.refused,
    meaning: 'A signature, or the key that made it, has expired.',
    advice: 'Check the clock of this machine; if it is right, the publisher has to sign again with a current key.',
  },
  'signature-revoked': {
    exit: exitStatus.refused,
    meaning: 'The key that made a signature has been revoked by its owner.',
    advice: 'Do not use the document. Ask the publisher which key takes the place of this one.',
  },
  'digest-mismatch': {
    exit: exitStatus.refused,
    meaning: 'A file has not the size and SHA-256 that stand in the signed document.',
    advice: 'Remove the file and get it again.',
  },
  'checksum-missing': {
    exit: exitStatus.refused,
    meaning: 'A signed list of checksums does not name the file that is to be fetched, or names it twice.',
    advice: 'Check the addresses of both in the definition.',
  },
  'key-unreadable': {
    exit: exitStatus.usage,
    meaning: 'A file that should hold an OpenPGP certificate does not.',
    advice: 'Give the armored or binary public key, as `cooper keys export` or `gpg --export` writes it.',
  },
  'keyring-not-found': {
    exit: exitStatus.usage,
    meaning: 'A definition names a keyring that is not among keys/trusted.',
    advice: 'See keys/trusted/README.md for the keyrings there are.',
  },
  'no-publisher-key': {
    exit: exitStatus.failed,
    meaning: 'The home folder holds no publisher key to sign with.',
    advice: 'Make one with `cooper keys generate`.',
  },
  'publisher-key-exists': {
    exit: exitStatus.usage,
    meaning: 'The home folder already holds a publisher key.',
    advice: 'Use the key there is (`cooper keys show`), or another home folder.',
  },
  'key-unsafe': {
    exit: exitStatus.failed,
    meaning: 'The file or folder of the private key can be read or changed by other users.',
    advice: 'Run `chmod 700` on the folder and `chmod 600` on the file, and consider the key as known to others.',
  },
  'publisher-key-expired': {
    exit: exitStatus.failed,
    meaning: 'The signing subkey of the publisher key has expired.',
    advice: 'Make the next one with `cooper keys rotate`.',
  },
  'publisher-key-revoked': {
    exit: exitStatus.failed,
    meaning: 'The publisher key, or its only signing subkey, has been revoked.',
    advice: 'Make a new key in another home folder with `cooper keys generate`, and announce its fingerprint.',
  },
  'passphrase-missing': {
    exit: exitStatus.failed,
    meaning: 'A passphrase is needed, and there is nowhere to take it from.',
    advice: 'Set $COOPER_PASSPHRASE, name a file with --passphrase-file FILE, or run the command on a terminal.',
  },
  'passphrase-wrong': {
    exit: exitStatus.failed,
    meaning: 'The passphrase is not that of the publisher key.',
    advice: 'Give the right one; `cooper keys passphrase` changes it. Nothing was changed.',
  },
  'primary-offline': {
    exit: exitStatus.usage,
    meaning: 'The primary key is needed, and the home folder holds only its signing subkeys.',
    advice: 'Name the file that `cooper keys export --primary` wrote with --primary FILE.',
  },
  'primary-mismatch': {
    exit: exitStatus.usage,
    meaning: "The file named with --primary does not hold this publisher's primary key.",
    advice: 'Name the file that `cooper keys export --primary` wrote for this key (`cooper keys show`).',
  },
  'builder-not-listed': {
    exit: exitStatus.refused,
    meaning: "A build is signed by a key that is neither the publisher's nor that of a listed builder.",
    advice: "Find out whose build it is; `cooper keys trust FILE` lists a builder's certificate.",
  },
  'secret-file-exists': {
    exit: exitStatus.usage,
    meaning: 'The file that a private key is to be written into exists already.',
    advice: 'Name another file: a private key is never written over what is there.',
  },
} as const satisfies ErrorRows;
