// A sketch for a board with a Fibocom L610 on Serial1: fetches a page and writes the answer to Serial.
//
// On a board it is an .ino file, and finished() an endless loop; on a computer host.cpp stands below it.

#include "Arduino.h"

#include <cstdio>
#include <cstdlib>

void finished(int status);

static const unsigned long ANSWER_MS = 10000, OPEN_MS = 60000;
static const char HOST[] = "example.com";

static char line[256];
static bool ended = false;          // +MIPSTAT has told the end of the connection

static void fail(const char *what)
{
    Serial.print(what);
    Serial.print("\r\n");
    finished(1);
}

static int nextByte(unsigned long ms)
{
    unsigned long began = millis();
    while (!Serial1.available())
        if (millis() - began > ms)
            fail("the module does not answer");
    return Serial1.read();
}

// The next line that is not empty, into `line`.
static void nextLine(unsigned long ms)
{
    size_t length = 0;
    for (;;) {
        int byte = nextByte(ms);
        if (byte == '\n' && length) {
            line[length] = 0;
            if (!strncmp(line, "+MIPSTAT: 1", 11))
                ended = true;
            return;
        }
        if (byte != '\r' && byte != '\n' && length + 1 < sizeof line)
            line[length++] = static_cast<char>(byte);
    }
}

static void waitFor(const char *start, unsigned long ms)
{
    do {
        nextLine(ms);
        if (!strncmp(line, "ERROR", 5) || !strncmp(line, "+CME ERROR", 10))
            fail(line);
    } while (strncmp(line, start, strlen(start)));
}

static void command(const char *text)
{
    Serial1.print(text);
    Serial1.print("\r");
    waitFor("OK", ANSWER_MS);
}

static void sendText(const char *text)
{
    char start[32];
    snprintf(start, sizeof start, "AT+MIPSEND=1,%u\r", static_cast<unsigned>(strlen(text)));
    Serial1.print(start);
    while (nextByte(ANSWER_MS) != '>')
        ;
    Serial1.print(text);
    waitFor("+MIPSEND: 1,0", ANSWER_MS);
    waitFor("OK", ANSWER_MS);
}

// Hands on what has come by now; false when that was nothing.
static bool readSome()
{
    Serial1.print("AT+MIPREAD=1,1500\r");
    do
        nextLine(ANSWER_MS);
    while (strncmp(line, "+MIPDATA: 1,", 12) && strcmp(line, "+MIPREAD: 1,0"));
    int count = strncmp(line, "+MIPDATA", 8) ? 0 : atoi(line + 12);
    for (int i = 0; i < count; i++) {
        uint8_t byte = static_cast<uint8_t>(nextByte(ANSWER_MS));
        Serial.write(&byte, 1);
    }
    waitFor("OK", ANSWER_MS);
    return count > 0;
}

void setup()
{
    Serial.begin(115200);
    Serial1.begin(115200);
    command("ATE0");
    command("AT+GTSET=\"IPRFMT\",5");           // the module keeps what comes until it is read
    command("AT+MIPCALL=1,\"internet\"");
    waitFor("+MIPCALL: ", OPEN_MS);
    char text[96];
    snprintf(text, sizeof text, "AT+MIPOPEN=1,0,\"%s\",80,0", HOST);
    command(text);
    waitFor("+MIPOPEN: 1,1", OPEN_MS);
    snprintf(text, sizeof text, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", HOST);
    sendText(text);
}

void loop()
{
    bool wasEnded = ended;                      // before the module was asked what it has
    if (readSome())
        return;
    if (!wasEnded) {
        if (!ended)
            nextLine(OPEN_MS);                  // +MIPREAD or +MIPSTAT
        return;
    }
    command("AT+MIPCLOSE=1");
    finished(0);
}
