// Errors of fetch/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const fetchRows = {
  'server-unreachable': {
    exit: exitStatus.unavailable,
    meaning: 'A server could not be reached, or did not answer properly.',
    advice: 'Check the address and the network, then run the command again.',
  },
  'not-found-on-server': {
    exit: exitStatus.failed,
    meaning: 'The server answers but does not have this file.',
    advice: 'Check the address; a mirror that is being updated has the file again within minutes.',
  },
  'refused-by-server': {
    exit: exitStatus.failed,
    meaning: 'The server refuses to hand out this file.',
    advice: 'Check the address, and whether the server asks for a login or a proxy.',
  },
  'server-not-trusted': {
    exit: exitStatus.refused,
    meaning:
      'The TLS certificate of the server is not signed by a trusted authority, has expired or is for another name.',
    advice: "Name the authority's certificate with --ca FILE if you trust it.",
  },
  'bad-certificate-file': {
    exit: exitStatus.usage,
    meaning: 'A file of certificate authorities cannot be read or holds no certificate.',
    advice: 'Give a PEM file with --ca, SSL_CERT_FILE or NODE_EXTRA_CA_CERTS.',
  },
  'proxy-unusable': {
    exit: exitStatus.usage,
    meaning: 'A variable of the environment that names a proxy holds nothing that can be used.',
    advice: 'Give it as http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, or unset the variable.',
  },
  'proxy-login': {
    exit: exitStatus.failed,
    meaning: 'A proxy wants a login, or refuses the one that it got.',
    advice: 'Put it into the variable, as in https_proxy=http://USER:PASSWORD@HOST:PORT.',
  },
  'proxy-failed': {
    exit: exitStatus.unavailable,
    meaning: 'A proxy is not there, or does not lead to the server.',
    advice: 'Check https_proxy, http_proxy and all_proxy; no_proxy=HOST connects to a server without it.',
  },
  'insecure-redirect': {
    exit: exitStatus.refused,
    meaning: 'The server redirects from https to something that is not encrypted.',
    advice: 'Use the address that it redirects to only if you trust the network in between.',
  },
  'redirect-not-listed': {
    exit: exitStatus.refused,
    meaning: 'An upstream of a definition redirects to an address that is not below a listed upstream.',
    advice: 'Add the address to the upstreams of the definition if you trust it.',
  },
  'inner-address': {
    exit: exitStatus.refused,
    meaning:
      'An upstream of a definition leads to this machine or its own network, which a definition may not reach by itself.',
    advice: 'Allow it with --allow upstream=URL if you know the definition and want it.',
  },
  'download-too-large': {
    exit: exitStatus.refused,
    meaning: 'The server sends more bytes than the file may have.',
    advice: 'Try another mirror; tell the operator of this one.',
  },
  'download-mismatch': {
    exit: exitStatus.refused,
    meaning: 'A downloaded file is not the one that the signed document describes.',
    advice: 'Try again later or from another mirror; tell the operator of this one.',
  },
} as const satisfies ErrorRows;
