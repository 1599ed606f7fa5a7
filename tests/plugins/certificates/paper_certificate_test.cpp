// What people and machines see of a certificate: the PDF's text, its pixels, its QR code.
#include "plugins/certificates/paper_certificate.hpp"

#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "paper/paper.hpp"

using namespace stoa;
using namespace stoa_plugin::certificates;
namespace fs = std::filesystem;

namespace {

const std::string address = "https://learn.example.com/lms/api/v1/certificates/verify/01234-56789-abcde-fghjk-mnpqr";

certificate made_for(const std::string& name, const std::string& title) {
  certificate c;
  c.number = "CERT-2026-000001";
  c.student_name = name;
  c.course_title = title;
  c.instructor_name = "Grace Hopper";
  c.completed_at = *parse_rfc3339("2026-01-20T10:00:00Z");
  c.issued_at = *parse_rfc3339("2026-01-27T16:05:00Z");
  return c;
}

/// A PDF in a folder of its own, and what programs make of it.
class printed {
 public:
  explicit printed(const std::string& pdf) {
    char name[] = "/tmp/certificate-XXXXXX";
    REQUIRE(::mkdtemp(name));
    folder_ = name;
    std::ofstream(folder_ / "it.pdf", std::ios::binary) << pdf;
  }
  ~printed() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  std::string text() const { return output("pdftotext -layout -enc UTF-8 it.pdf -"); }
  /// What a scanner reads from the page.
  std::string code() const {
    output("pdftoppm -r 150 -png -singlefile it.pdf page");
    return output("zbarimg --nodbus --quiet --raw page.png");
  }

  struct pixels {
    int width = 0, height = 0;
    std::string grey;
    bool dark(int x, int y) const {
      return static_cast<unsigned char>(grey[static_cast<std::size_t>(y) * width + x]) < 128;
    }
  };
  /// One pixel a point.
  pixels page() const {
    output("pdftoppm -r 144 -gray -singlefile it.pdf page");
    std::ifstream in(folder_ / "page.pgm", std::ios::binary);
    std::string kind;
    pixels p;
    int most = 0;
    in >> kind >> p.width >> p.height >> most;
    in.get();
    REQUIRE(kind == "P5");
    p.grey.assign(std::istreambuf_iterator<char>(in), {});
    REQUIRE(p.grey.size() == static_cast<std::size_t>(p.width) * p.height);
    return p;
  }

 private:
  std::string output(const std::string& command) const {
    FILE* out = ::popen(("cd " + folder_.string() + " && " + command).c_str(), "r");
    REQUIRE(out);
    std::string text;
    char some[4096];
    for (std::size_t n; (n = std::fread(some, 1, sizeof some, out)) > 0;) text.append(some, n);
    INFO(command);
    REQUIRE(::pclose(out) == 0);
    return text;
  }
  fs::path folder_;
};

/// Without blanks and marks of direction: a reader guesses them from the gaps between glyphs.
std::string solid(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ' || text[i] == '\n' || text[i] == '\f') continue;
    if (text.compare(i, 2, "\xE2\x80") == 0 && i + 2 < text.size() && (text[i + 2] & 0xF0) == 0xA0) {
      i += 2;
      continue;
    }
    out += text[i];
  }
  return out;
}

/// The boxes that stand for characters without a glyph: closed outlines with straight sides, as high as a letter. The
/// code in the lower part and the border around the page are not looked at.
int boxes_on(const printed::pixels& p) {
  const int low = p.height * 7 / 10, edge = 90;
  constexpr int least_width = 12, most_width = 90, least_height = 26, most_height = 110;
  const auto upright = [&](int x, int y1, int y2) {
    for (int y = y1; y <= y2; ++y)
      if (!p.dark(x, y)) return false;
    return true;
  };
  const auto level = [&](int x1, int x2, int y) {
    for (int x = x1; x <= x2; ++x)
      if (!p.dark(x, y)) return false;
    return true;
  };
  /// A ring of light right inside of the outline: letters with corners have none.
  const auto hollow = [&](int x, int y, int w, int h) {
    for (int d = 2; d <= 8; ++d) {
      bool light = true;
      for (int i = x + d; i <= x + w - d && light; ++i) light = !p.dark(i, y + d) && !p.dark(i, y + h - d);
      for (int i = y + d; i <= y + h - d && light; ++i) light = !p.dark(x + d, i) && !p.dark(x + w - d, i);
      if (light) return true;
    }
    return false;
  };
  int found = 0;
  for (int y = edge; y < low; ++y)
    for (int x = edge; x < p.width - edge; ++x) {
      // The upper left corner of an outline: nothing above and nothing to the left.
      if (!p.dark(x, y) || p.dark(x - 1, y) || p.dark(x, y - 1)) continue;
      bool closed = false;
      for (int w = least_width; w <= most_width && !closed && level(x, x + w, y); ++w)
        for (int h = least_height; h <= most_height && y + h < low && p.dark(x, y + h) && !closed; ++h)
          closed = upright(x, y, y + h) && upright(x + w, y, y + h) && level(x, x + w, y + h) && hollow(x, y, w, h);
      found += closed;
    }
  return found;
}

/// How many dark pixels there are above the foot of the page.
int ink_on(const printed::pixels& p) {
  int n = 0;
  for (int y = 90; y < p.height * 7 / 10; ++y)
    for (int x = 90; x < p.width - 90; ++x) n += p.dark(x, y);
  return n;
}

}  // namespace

TEST_CASE("a certificate says whose it is, for what, and where that is verified", "[certificates][paper]") {
  const auto pdf = certificate_pdf(made_for("John Doe", "Python Basics"), address);
  CHECK(pdf.starts_with("%PDF-1."));
  CHECK(pdf == certificate_pdf(made_for("John Doe", "Python Basics"), address));
  const printed page(pdf);
  const auto text = solid(page.text());
  INFO(text);
  for (const char* said : {"CertificateofCompletion", "JohnDoe", "PythonBasics", "taughtbyGraceHopper",
                           "CERT-2026-000001", "Completed:2026-01-20", "Issued:2026-01-27"})
    CHECK(text.find(said) != text.npos);
  CHECK(text.find(address) != text.npos);
  CHECK(page.code() == address + "\n");
}

TEST_CASE("names are drawn in their own script, no character as a box", "[certificates][paper]") {
  CHECK(paper::scripts_without_font() == std::vector<std::string>{});
  const auto [name, title] = GENERATE(table<std::string, std::string>({{"Zoë Ångström-Łukasiewicz", "Einführung"},
                                                                       {"مريم الخوارزمي", "مقدمة في البرمجة"},
                                                                       {"张伟", "编程入门"},
                                                                       {"अनुराधा शर्मा", "प्रोग्रामिंग परिचय"}}));
  const printed page(certificate_pdf(made_for(name, title), address));
  const auto text = solid(page.text());
  INFO(text);
  CHECK(text.find(solid(name)) != text.npos);
  CHECK(text.find(solid(title)) != text.npos);
  const auto pixels = page.page();
  CHECK(boxes_on(pixels) == 0);
  const printed bare(certificate_pdf(made_for(" ", " "), address));
  CHECK(ink_on(pixels) > ink_on(bare.page()) + 1000);
  CHECK(page.code() == address + "\n");
}

TEST_CASE("a character that no font has would be seen as a box", "[certificates][paper]") {
  // So that the test above looks at something: a code point that is nobody's.
  const printed page(certificate_pdf(made_for("A\xF3\xA0\xBF\xBD\xF3\xA0\xBF\xBD", "Python"), address));
  CHECK(boxes_on(page.page()) >= 2);
}

TEST_CASE("what is too long is made smaller, and its foot stays where it is", "[certificates][paper]") {
  std::string long_name, long_title;
  for (int i = 0; i < 20; ++i) long_name += "Wolfeschlegel ", long_title += "Foundations and Practice ";
  const printed page(certificate_pdf(made_for(long_name, long_title), address));
  const auto text = solid(page.text());
  CHECK(text.find("WolfeschlegelWolfeschlegel") != text.npos);
  CHECK(text.find("taughtbyGraceHopper") != text.npos);
  CHECK(page.code() == address + "\n");
  CHECK(text.find("CERT-2026-000001") != text.npos);
}

TEST_CASE("what would leave the form does not", "[certificates][paper]") {
  const printed page(certificate_pdf(made_for("John\n\tDoe", "<b>UI/UX</b> &amp;"), address));
  const auto text = solid(page.text());
  CHECK(text.find("JohnDoe") != text.npos);
  CHECK(text.find("<b>UI/UX</b>&amp;") != text.npos);
}
