#include "plugins/files/file_rules.hpp"

#include <catch2/catch.hpp>

#include "plugins/files/sniffer.hpp"
#include "stoa/text.hpp"

using namespace stoa;
using namespace stoa_plugin::files;

TEST_CASE("a file's name is the last part of what was sent, and safe to show", "[files][rules]") {
  CHECK(safe_filename("document.pdf") == "document.pdf");
  CHECK(safe_filename("C:\\Users\\ada\\thesis.pdf") == "thesis.pdf");
  CHECK(safe_filename("../../etc/passwd") == "passwd");
  CHECK(safe_filename(".htaccess") == "htaccess");
  CHECK(safe_filename("  two words .txt ") == "two words .txt");
  CHECK(safe_filename("a\r\nSet-Cookie: x=1.pdf") == "aSet-Cookie: x=1.pdf");
  CHECK(safe_filename("prüfung 试卷.pdf") == "prüfung 试卷.pdf");
  CHECK(safe_filename("photo\xE2\x80\xAEgpj.exe") == "photogpj.exe");
  for (const auto* nothing : {"", "..", "/", "a/", "\xff\xfe", " ", "\xE2\x80\x8B"})
    CHECK(safe_filename(nothing) == "file");
  const auto cut = safe_filename(std::string(300, 'x') + ".pdf");
  CHECK(cut.size() == 255);
  CHECK(cut.ends_with("x.pdf"));
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "ü";
  CHECK(safe_filename(umlauts + ".docx").size() <= 255);
  CHECK(valid_utf8(safe_filename(umlauts + ".docx")));
}

TEST_CASE("an object is called by chance, with a plain extension", "[files][rules]") {
  CHECK(stored_filename("document.PDF", "abc123") == "abc123.pdf");
  for (const auto* none : {"document", "document.", "a.p/f", "a.reallylongextension", "a.p f", ".pdf"})
    CHECK(stored_filename(none, "abc123") == "abc123");
}

TEST_CASE("a download's name goes to old clients and to new ones", "[files][rules]") {
  CHECK(attachment("document.pdf") == "attachment; filename=\"document.pdf\"");
  CHECK(attachment("a \"b\".pdf") == "attachment; filename=\"a _b_.pdf\"; filename*=UTF-8''a%20%22b%22.pdf");
  CHECK(attachment("é.pdf") == "attachment; filename=\"_.pdf\"; filename*=UTF-8''%C3%A9.pdf");
  CHECK(attachment("50%.txt") == "attachment; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt");
}

TEST_CASE("a file is what it says and looks like, or it is refused", "[files][rules]") {
  const std::vector<std::string> allowed{
      "application/pdf", "image/png",        "text/plain",
      "text/csv",        "application/json", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"};
  const auto settled = [&](const char* declared, const char* sniffed) {
    const auto r = settled_type(declared, sniffed, allowed);
    return r ? r.value() : r.refusal().code;
  };
  CHECK(settled("application/pdf", "application/pdf") == "application/pdf");
  CHECK(settled("", "image/png") == "image/png");
  CHECK(settled("application/octet-stream", "application/pdf") == "application/pdf");
  CHECK(settled("text/csv", "text/plain") == "text/csv");
  CHECK(settled("", "text/x-c++") == "text/plain");
  CHECK(settled("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/zip") ==
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
  CHECK(settled("application/pdf", "text/html") == "FILE_TYPE_MISMATCH");
  CHECK(settled("text/plain", "text/html") == "FILE_TYPE_MISMATCH");
  CHECK(settled("image/png", "image/svg+xml") == "FILE_TYPE_MISMATCH");
  CHECK(settled("application/pdf", "application/x-dosexec") == "FILE_TYPE_MISMATCH");
  CHECK(settled("", "text/html") == "FILE_TYPE_NOT_ALLOWED");
  CHECK(settled("", "image/svg+xml") == "FILE_TYPE_NOT_ALLOWED");
  CHECK(settled("text/html", "text/html") == "FILE_TYPE_NOT_ALLOWED");
  CHECK(settled("application/zip", "application/zip") == "FILE_TYPE_NOT_ALLOWED");
}

TEST_CASE("libmagic tells what bytes are", "[files][rules]") {
  sniffer magic;
  CHECK(magic.type_of("%PDF-1.4\n%\xE2\xE3\xCF\xD3\n") == "application/pdf");
  CHECK(magic.type_of(std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0", 29)) == "image/png");
  CHECK(magic.type_of("<!DOCTYPE html><html><script>alert(1)</script></html>") == "text/html");
  CHECK(magic.type_of("<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"></svg>") == "image/svg+xml");
  CHECK(magic.type_of("plain words\n") == "text/plain");
  CHECK(magic.type_of("x") == "text/plain");
  CHECK(magic.type_of("\x01") == "application/octet-stream");
  CHECK(magic.type_of(std::string("MZ\x90\0\3\0\0\0", 8)) != "text/plain");
  CHECK(magic.type_of(std::string("\1\2\3\xfe\xff\0\0", 7)) == "application/octet-stream");
}
