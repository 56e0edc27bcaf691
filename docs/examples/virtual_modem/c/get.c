/*
 * get PORT HOST TCPPORT PATH: fetches a page through a Quectel BG96 and writes the answer to standard output.
 *
 * PORT is a serial device (/dev/ttyUSB2, the pseudo-terminal of a virtual module) or socket://ADDRESS:PORT.
 *
 *     cc -o get get.c
 *     atsock sim bg96 --host example.com=127.0.0.1:18000          prints the port
 *     ./get /dev/pts/5 example.com 80 /
 *
 * POSIX only: termios, sockets, poll.
 */
#define _XOPEN_SOURCE 700
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

enum { ANSWER_MS = 10000, OPEN_MS = 150000, LINE = 512, READ = 1500 };

static int port;            /* file descriptor of the line to the module */
static int closed;          /* +QIURC: "closed" has come */

static void fail(const char *what)
{
    fprintf(stderr, "get: %s\n", what);
    exit(1);
}

/* ---- the port */

static int open_socket(const char *where)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    char host[64];
    unsigned number;

    if (sscanf(where, "%63[^:]:%u", host, &number) != 2 || inet_pton(AF_INET, host, &address.sin_addr) != 1)
        fail("a socket is socket://ADDRESS:PORT");
    address.sin_port = htons((unsigned short)number);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        fail("cannot connect to the port");
    return fd;
}

static int open_device(const char *path)
{
    struct termios line;
    int fd = open(path, O_RDWR | O_NOCTTY);

    if (fd < 0 || tcgetattr(fd, &line) < 0)
        fail("cannot open the port");
    line.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    line.c_oflag &= ~(tcflag_t)OPOST;
    line.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    line.c_cflag = (line.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8 | CLOCAL | CREAD;
    cfsetispeed(&line, B115200);
    cfsetospeed(&line, B115200);
    if (tcsetattr(fd, TCSANOW, &line) < 0)
        fail("cannot set the port");
    return fd;
}

static void send_bytes(const char *data, size_t size)
{
    while (size) {
        ssize_t n = write(port, data, size);
        if (n <= 0)
            fail("the port takes nothing");
        data += n;
        size -= (size_t)n;
    }
}

/* One byte; ends the program when none comes in `ms`. */
static char get_byte(int ms)
{
    struct pollfd wait = { .fd = port, .events = POLLIN };
    char byte;

    if (poll(&wait, 1, ms) <= 0 || read(port, &byte, 1) != 1)
        fail("the module does not answer");
    return byte;
}

/* ---- lines */

/* The next line that is not empty. Unsolicited ones are looked at here. */
static char *get_line(int ms)
{
    static char line[LINE];
    size_t n = 0;

    for (;;) {
        char byte = get_byte(ms);
        if (byte == '\n') {
            line[n] = 0;
            if (strncmp(line, "+QIURC: \"closed\"", 16) == 0)
                closed = 1;
            if (n)
                return line;
        } else if (byte != '\r' && n + 1 < sizeof line) {
            line[n++] = byte;
        }
    }
}

static int starts(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* Lines until one that starts with `expected`; an error ends the program. */
static char *wait_for(const char *expected, int ms)
{
    for (;;) {
        char *line = get_line(ms);
        if (starts(line, expected))
            return line;
        if (starts(line, "ERROR") || starts(line, "+CME ERROR"))
            fail(line);
    }
}

static void command(const char *text, int ms)
{
    send_bytes(text, strlen(text));
    send_bytes("\r", 1);
    wait_for("OK", ms);
}

/* ---- one page */

int main(int argc, char **argv)
{
    char text[LINE], data[READ];

    if (argc != 5)
        fail("get PORT HOST TCPPORT PATH");
    port = starts(argv[1], "socket://") ? open_socket(argv[1] + 9) : open_device(argv[1]);

    command("ATE0", ANSWER_MS);
    command("AT+QICSGP=1,1,\"internet\"", ANSWER_MS);
    command("AT+QIACT=1", OPEN_MS);
    snprintf(text, sizeof text, "AT+QIOPEN=1,0,\"TCP\",\"%.200s\",%.5s,0,0", argv[2], argv[3]);
    command(text, ANSWER_MS);
    if (strcmp(wait_for("+QIOPEN: 0,", OPEN_MS), "+QIOPEN: 0,0") != 0)
        fail("the connection is refused");

    snprintf(data, sizeof data, "GET %.200s HTTP/1.0\r\nHost: %.200s\r\n\r\n", argv[4], argv[2]);
    snprintf(text, sizeof text, "AT+QISEND=0,%zu\r", strlen(data));
    send_bytes(text, strlen(text));
    while (get_byte(ANSWER_MS) != '>')
        ;
    get_byte(ANSWER_MS);                                /* the blank behind it */
    send_bytes(data, strlen(data));
    wait_for("SEND OK", ANSWER_MS);

    for (;;) {
        int was_closed = closed;                        /* before the module was asked what it has */
        send_bytes("AT+QIRD=0,1500\r", 15);
        int size = atoi(wait_for("+QIRD: ", ANSWER_MS) + 7);
        for (int i = 0; i < size; i++)
            data[i] = get_byte(ANSWER_MS);
        fwrite(data, 1, (size_t)size, stdout);
        wait_for("OK", ANSWER_MS);
        if (size == 0 && was_closed)
            break;
        if (size == 0 && !closed)
            wait_for("+QIURC: ", OPEN_MS);              /* "recv" or "closed" */
    }
    command("AT+QICLOSE=0", ANSWER_MS);
    close(port);
    return 0;
}
