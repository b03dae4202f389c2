/* A PKCS#11 module around SoftHSM that has the troubles of real ones, by files in a folder:
   "hang"       no signature returns while it is there
   "lose"       all sessions are closed behind the caller's back, once
   "final"      the token says that one more wrong PIN locks it
   "slow"       to sign and to close a session takes a while
   "signing"    appears when a slow signature begins
   "logins"     gets a byte for each login that is tried
   A process that ends under a call to it crashes. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long word;
/* CK_FUNCTION_LIST of PKCS#11 2.40. */
struct functions {
    unsigned char version[2];
    void *function[68];
};
enum { GET_TOKEN_INFO = 6, OPEN_SESSION = 12, CLOSE_SESSION = 13, CLOSE_ALL_SESSIONS = 14, LOGIN = 18, SIGN_INIT = 42, SIGN = 43 };

static struct functions *real, ours;
static word slot;
static int within;

static int file(const char *name, char *path) {
    snprintf(path, 4096, "%s/%s", getenv("SHIM_FOLDER"), name);
    return access(path, F_OK) == 0;
}

static word get_token_info(word id, unsigned char *info) {
    char path[4096];
    word said = ((word(*)(word, unsigned char *))real->function[GET_TOKEN_INFO])(id, info);
    if (said == 0 && file("final", path)) {
        word flags;
        memcpy(&flags, info + 96, sizeof flags);
        flags |= 0x00020000;
        memcpy(info + 96, &flags, sizeof flags);
    }
    return said;
}

static word open_session(word id, word flags, void *application, void *notify, word *session) {
    slot = id;
    return ((word(*)(word, word, void *, void *, word *))real->function[OPEN_SESSION])(id, flags, application, notify, session);
}

static void enter(void) {
    char path[4096];
    __sync_add_and_fetch(&within, 1);
    if (file("slow", path))
        usleep(300000);
}

static word leave(word said) {
    __sync_sub_and_fetch(&within, 1);
    return said;
}

static word close_session(word session) {
    enter();
    return leave(((word(*)(word))real->function[CLOSE_SESSION])(session));
}

__attribute__((destructor)) static void clean_up(void) {
    if (within > 0)
        abort();
}

static word login(word session, word user, unsigned char *pin, word length) {
    char path[4096];
    file("logins", path);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (log < 0 || write(log, ".", 1) != 1)
        abort();
    close(log);
    return ((word(*)(word, word, unsigned char *, word))real->function[LOGIN])(session, user, pin, length);
}

static word sign_init(word session, void *mechanism, word key) {
    char path[4096];
    if (file("lose", path)) {
        unlink(path);
        ((word(*)(word))real->function[CLOSE_ALL_SESSIONS])(slot);
    }
    return ((word(*)(word, void *, word))real->function[SIGN_INIT])(session, mechanism, key);
}

static word sign(word session, void *data, word length, void *signature, word *size) {
    char path[4096];
    while (file("hang", path))
        usleep(5000);
    if (file("slow", path)) {
        file("signing", path);
        close(open(path, O_WRONLY | O_CREAT, 0600));
    }
    enter();
    return leave(((word(*)(word, void *, word, void *, word *))real->function[SIGN])(session, data, length, signature, size));
}

word C_GetFunctionList(struct functions **list) {
    void *module = dlopen(getenv("SHIM_MODULE"), RTLD_NOW);
    word (*get)(struct functions **) = module ? dlsym(module, "C_GetFunctionList") : 0;
    if (!get || get(&real) != 0)
        return 5;
    ours = *real;
    ours.function[GET_TOKEN_INFO] = get_token_info;
    ours.function[OPEN_SESSION] = open_session;
    ours.function[CLOSE_SESSION] = close_session;
    ours.function[LOGIN] = login;
    ours.function[SIGN_INIT] = sign_init;
    ours.function[SIGN] = sign;
    *list = &ours;
    return 0;
}
