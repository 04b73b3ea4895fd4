/** Where the folders install/ of packages wait for their scripts to be run, relative to the root; by places in the layer. */
export const stagedScripts = '.cooper-install';
