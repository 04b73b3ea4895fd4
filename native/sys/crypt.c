/*
 * Hashes of passwords by the host's libcrypt (crypt(3), crypt_gensalt(3)). It is loaded when the first one is asked for:
 * what needs no hash needs no libcrypt.
 */

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "call.h"
#include "sys.h"

/* CRYPT_GENSALT_OUTPUT_SIZE, sizeof(struct crypt_data) and CRYPT_MAX_PASSPHRASE_SIZE of libxcrypt's crypt.h. */
#define SETTING_SIZE 192
#define DATA_SIZE 32768
#define LONGEST_PHRASE 511

typedef char *(*make_setting)(const char *prefix, unsigned long count, const char *random, int length, char *room, int size);
typedef char *(*make_hash)(const char *phrase, const char *setting, void *data, int size);

static void *open_library(void) {
    static void *library = NULL;
    if (library == NULL) library = dlopen("libcrypt.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) library = dlopen("libcrypt.so.2", RTLD_NOW | RTLD_LOCAL);
    return library;
}

static napi_value give_hash(const struct call *call, const char *phrase, const char *prefix) {
    void *library = open_library();
    if (library == NULL) return give_number(call, -ENOSYS);
    make_setting gensalt = (make_setting)dlsym(library, "crypt_gensalt_rn");
    make_hash crypt = (make_hash)dlsym(library, "crypt_rn");
    if (gensalt == NULL || crypt == NULL) return give_number(call, -ENOSYS);
    static char data[DATA_SIZE];
    char setting[SETTING_SIZE];
    /* No random bytes are given: the library takes its own. EINVAL: it does not know the method. */
    if (gensalt(prefix, 0, NULL, 0, setting, sizeof setting) == NULL) {
        return give_number(call, errno == EINVAL ? -ENOSYS : -errno);
    }
    char *hash = crypt(phrase, setting, data, sizeof data);
    napi_value value = NULL;
    if (hash == NULL) value = give_number(call, -errno);
    else napi_create_buffer_copy(call->env, strlen(hash), hash, NULL, &value);
    explicit_bzero(data, sizeof data);
    return value;
}

/* password, prefix of the method such as $y$: the hash, with a salt of its own */
napi_value sys_crypt(napi_env env, napi_callback_info info) {
    char phrase[LONGEST_PATH], prefix[LONGEST_PATH];
    struct call call = begin_call(env, info);
    take_text(&call, 0, phrase);
    take_text(&call, 1, prefix);
    if (call.reason == 0 && strlen(phrase) > LONGEST_PHRASE) call.reason = ERANGE;
    napi_value value = call.reason != 0 ? refuse_call(&call) : give_hash(&call, phrase, prefix);
    explicit_bzero(phrase, sizeof phrase);
    return value;
}
