// No service is started where packages are installed into a root that does not run.

/** What invoke-rc.d asks, relative to the root (policy-rc.d interface of init-system-helpers). */
export const policyFile = 'usr/sbin/policy-rc.d';

/** 101: nothing is to be started. */
export const startNothing = '#!/bin/sh\nexit 101\n';
