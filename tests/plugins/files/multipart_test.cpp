#include "plugins/files/multipart.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace stoa;
using namespace stoa_plugin::files;

namespace {

std::string part(const std::string& disposition, const std::string& content, const std::string& more = "") {
  return "--b\r\nContent-Disposition: " + disposition + "\r\n" + more + "\r\n" + content + "\r\n";
}
const std::string end = "--b--\r\n";

}  // namespace

TEST_CASE("a form's boundary is read from its content type", "[files][multipart]") {
  CHECK(boundary_of("multipart/form-data; boundary=abc") == "abc");
  CHECK(boundary_of("Multipart/Form-Data; charset=utf-8; Boundary=\"a b?c\"") == "a b?c");
  for (const auto* bad : {"", "multipart/form-data", "multipart/mixed; boundary=abc", "multipart/form-data; boundary=",
                          "multipart/form-data; boundary=\"a\nb\"", "multipart/form-data; boundary=a; boundary=b",
                          "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=a{b"}) {
    INFO(bad);
    CHECK(!boundary_of(bad));
  }
  CHECK(!boundary_of("multipart/form-data; boundary=" + std::string(71, 'x')));
}

TEST_CASE("a form's parts lie between its boundaries, byte for byte", "[files][multipart]") {
  const std::string bytes("\0\r\n--bx\r\n\xff--b", 13);
  const auto body = "preamble\r\n" + part("form-data; name=\"note\"", "hello") +
                    part("form-data; name=\"file\"; filename=\"a \\\"b\\\" %22c%22.pdf\"", bytes,
                         "Content-Type: Application/PDF; x=1\r\n") +
                    end + "epilogue";
  const auto parts = form_parts(body, "b");
  // "\r\n--b" followed by "x" is no boundary of this form, and must not be taken for one.
  REQUIRE(!parts);
  const auto sound = "preamble\r\n" + part("form-data; name=\"note\"", "hello") +
                     part("form-data; name=\"file\"; filename=\"a \\\"b\\\" %22c%22.pdf\"", "\r\n--x\r\n-",
                          "Content-Type: Application/PDF; x=1\r\n") +
                     end + "epilogue";
  const auto read = form_parts(sound, "b");
  REQUIRE(read);
  REQUIRE(read.value().size() == 2);
  CHECK(read.value()[0].name == "note");
  CHECK(!read.value()[0].filename);
  CHECK(read.value()[0].content == "hello");
  CHECK(read.value()[1].filename == "a \"b\" \"c\".pdf");
  CHECK(read.value()[1].content_type == "application/pdf");
  CHECK(read.value()[1].content == "\r\n--x\r\n-");
  CHECK(form_parts(part("form-data; name=file; filename=x", "") + end, "b").value().at(0).content.empty());
  CHECK(form_parts("--b--", "b").value().empty());
}

TEST_CASE("a broken form is malformed", "[files][multipart]") {
  const auto whole = part("form-data; name=\"file\"; filename=\"x\"", "content") + end;
  for (std::size_t cut = 0; cut < whole.size() - 4; ++cut) {
    INFO(cut);
    CHECK(!form_parts(whole.substr(0, cut), "b"));
  }
  for (const auto& bad :
       {part("attachment; name=\"file\"", "x"), part("form-data", "x"), part("form-data; name=\"a\"; name=\"b\"", "x"),
        part("form-data; name=\"unclosed", "x"), part("form-data; name=\"a\"", "x", "no colon\r\n"),
        part("form-data; name=\"a\"", "x", "Content-Transfer-Encoding: base64\r\n"),
        part("form-data; name=\"a\"", "x", "Content-Disposition: form-data; name=\"b\"\r\n"),
        std::string("--b\r\n\r\nno header\r\n"), std::string("--bc\r\n\r\nx\r\n")}) {
    INFO(bad);
    const auto r = form_parts(bad + end, "b");
    REQUIRE(!r);
    CHECK(r.refusal().kind == fault_kind::malformed);
  }
  std::string many;
  for (int i = 0; i < 33; ++i) many += part("form-data; name=\"x\"", "y");
  CHECK(!form_parts(many + end, "b"));
  CHECK(!form_parts(part("form-data; name=\"a\"", "x", "X: " + std::string(9000, 'y') + "\r\n") + end, "b"));
}

TEST_CASE("whatever a form is changed into, it is read or refused", "[files][multipart]") {
  std::mt19937 random(7);
  const auto whole = part("form-data; name=\"file\"; filename=\"x.pdf\"", "content", "Content-Type: text/plain\r\n") +
                     part("form-data; name=\"note\"", "hello") + end;
  const std::string letters = "\r\n-b\":;= \\%\0x";
  for (int i = 0; i < 20'000; ++i) {
    auto text = whole;
    for (int changes = 1 + static_cast<int>(random() % 4); changes > 0; --changes) {
      const auto at = random() % text.size();
      if (random() % 2)
        text[at] = letters[random() % letters.size()];
      else
        text.erase(at, 1 + random() % 5);
    }
    const auto r = form_parts(text, "b");
    if (!r) continue;
    for (const auto& p : r.value()) {
      CHECK(p.content.data() >= text.data());
      CHECK(p.content.data() + p.content.size() <= text.data() + text.size());
    }
  }
}
