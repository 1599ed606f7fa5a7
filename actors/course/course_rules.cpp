#include "actors/course/course_rules.hpp"

#include <algorithm>
#include <array>

#include "stoa/text.hpp"

namespace stoa::actors::course_rules {
namespace {

using limits = course_limits;

constexpr std::int64_t highest_price = 99'999'999'99;

fault permission_denied() {
  return fault(fault_kind::forbidden, "PERMISSION_DENIED", "You do not have permission to perform this action.");
}

fault not_ready(std::string why) { return fault(fault_kind::rejected, "COURSE_NOT_READY", std::move(why)); }

/// Collects the fields of a draft that are wrong while it copies those that are right.
class checker {
 public:
  void text(const char* field, const std::optional<std::string>& from, std::string& to, std::size_t min,
            std::size_t max) {
    if (!from) return;
    const std::string_view value = trim(*from);
    if (!valid_utf8(value) || has_control(value, true))
      bad_.push_back({field, "This value contains characters that are not allowed.", "characters"});
    else if (value.empty() && min > 0)
      bad_.push_back({field, "This field may not be blank.", "required"});
    else if (const auto n = code_points(value); n < min || n > max)
      bad_.push_back({field, "Use at most " + std::to_string(max) + " characters.", "length"});
    else
      to = value;
  }

  void url(const char* field, const std::optional<std::string>& from, std::string& to) {
    if (!from) return;
    if (!from->empty() && !looks_like_http_url(*from))
      bad_.push_back({field, "Enter a valid http or https URL.", "url"});
    else
      to = *from;
  }

  void urls(const char* field, const std::optional<std::vector<std::string>>& from, std::vector<std::string>& to) {
    if (!from) return;
    if (from->size() > limits::listed)
      return bad_.push_back({field, "Give at most " + std::to_string(limits::listed) + " items.", "length"});
    for (const auto& item : *from)
      if (!looks_like_http_url(item)) return bad_.push_back({field, "Enter valid http or https URLs.", "url"});
    to = *from;
  }

  void texts(const char* field, const std::optional<std::vector<std::string>>& from, std::vector<std::string>& to) {
    if (!from) return;
    if (from->size() > limits::listed)
      return bad_.push_back({field, "Give at most " + std::to_string(limits::listed) + " items.", "length"});
    std::vector<std::string> out;
    for (const auto& item : *from) {
      std::string one;
      const auto before = bad_.size();
      text(field, item, one, 1, limits::listed_text);
      if (bad_.size() != before) return;
      out.push_back(std::move(one));
    }
    to = std::move(out);
  }

  template <class Int>
  void number(const char* field, const std::optional<Int>& from, Int& to, Int min, Int max) {
    if (!from) return;
    if (*from < min || *from > max)
      bad_.push_back({field,
                      "Ensure this value is between " + std::to_string(min) + " and " + std::to_string(max) + ".",
                      "range"});
    else
      to = *from;
  }

  void add(const char* field, std::string message, std::string rule) {
    bad_.push_back({field, std::move(message), std::move(rule)});
  }

  template <class T>
  result<T> outcome(T value) {
    if (!bad_.empty()) return fault::invalid(std::move(bad_));
    return value;
  }

 private:
  std::vector<field_error> bad_;
};

void read_draft(checker& check, const course_draft& d, course& c) {
  check.text("title", d.title, c.title, 1, limits::title);
  if (d.slug) {
    if (d.slug->size() > limits::title || slug_of(*d.slug) != *d.slug)
      check.add("slug", "Use lower case letters, digits and single dashes.", "slug");
    else
      c.slug = *d.slug;
  }
  check.text("short_description", d.short_description, c.short_description, 0, limits::short_description);
  check.text("description", d.description, c.description, 0, limits::description);
  check.text("detailed_description", d.detailed_description, c.detailed_description, 0, 50'000);
  check.text("language", d.language, c.language, 1, limits::language);
  check.url("thumbnail", d.thumbnail_url, c.thumbnail_url);
  check.url("preview_video_url", d.preview_video_url, c.preview_video_url);
  if (d.level) c.level = *d.level;
  check.number<std::int64_t>("price", d.price_minor, c.price.minor, 0, highest_price);
  if (d.currency) {
    const auto code = ascii_lower(*d.currency);
    if (code.size() != 3 || !std::all_of(code.begin(), code.end(), [](char ch) { return ch >= 'a' && ch <= 'z'; }))
      check.add("currency", "Enter the three letters of a currency.", "currency");
    else
      c.price.currency = code;
  }
  if (d.original_price_minor) c.original_price_minor = *d.original_price_minor;
  if (c.original_price_minor && (*c.original_price_minor < c.price.minor || *c.original_price_minor > highest_price))
    check.add("original_price", "The original price may not be below the price.", "range");
  if (d.certificate_included) c.certificate_included = *d.certificate_included;
  check.texts("outcomes", d.outcomes, c.outcomes);
  check.texts("requirements", d.requirements, c.requirements);
  check.texts("target_audience", d.target_audience, c.target_audience);
  check.texts("tags", d.tags, c.tags);
  check.number("duration_weeks", d.duration_weeks, c.duration_weeks, 0, most_weeks);
  if (d.estimated_minutes) {
    if (!*d.estimated_minutes)
      c.estimated_minutes.reset();
    else
      check.number("estimated_minutes", *d.estimated_minutes, c.estimated_minutes.emplace(), 0, limits::course_minutes);
  }
}

/// Puts `moving` at a 1-based place among its siblings; too far is the end.
template <class T>
void place(std::vector<T>& siblings, T moving, const std::optional<int>& position, std::size_t otherwise) {
  const std::size_t at = position ? static_cast<std::size_t>(std::max(*position, 1) - 1) : otherwise;
  siblings.insert(siblings.begin() + static_cast<std::ptrdiff_t>(std::min(at, siblings.size())), std::move(moving));
  for (std::size_t i = 0; i < siblings.size(); ++i) siblings[i].position = static_cast<int>(i + 1);
}

template <class T>
void renumber(std::vector<T>& siblings) {
  for (std::size_t i = 0; i < siblings.size(); ++i) siblings[i].position = static_cast<int>(i + 1);
}

void read_draft(checker& check, const section_draft& d, section& s) {
  check.text("title", d.title, s.title, 1, limits::title);
  check.text("description", d.description, s.description, 0, limits::part_description);
  if (d.position && *d.position < 1) check.add("order", "Ensure this value is at least 1.", "range");
}

void read_draft(checker& check, const lesson_draft& d, lesson& l) {
  check.text("title", d.title, l.title, 1, limits::title);
  check.text("description", d.description, l.description, 0, limits::part_description);
  if (d.kind) {
    constexpr std::array<std::string_view, 3> kinds{"video", "article", "quiz"};
    const auto kind = ascii_lower(*d.kind);
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
      check.add("kind", "Must be one of: video, article, quiz.", "choice");
    else
      l.kind = kind;
  }
  check.url("video_url", d.video_url, l.video_url);
  check.text("content", d.content, l.content, 0, limits::content);
  if (d.content) l.content_elsewhere = 0;
  check.number("duration_minutes", d.duration_minutes, l.duration_minutes, 0, limits::minutes);
  if (d.position && *d.position < 1) check.add("order", "Ensure this value is at least 1.", "range");
  if (d.is_preview) l.is_preview = *d.is_preview;
  check.urls("resources", d.resources, l.resources);
}

/// One code point of well-formed UTF-8, and how many bytes it takes.
char32_t decode(std::string_view text, std::size_t& bytes) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(0);
  if (first < 0x80) return bytes = 1, first;
  if (first < 0xE0) return bytes = 2, (first & 0x1F) << 6 | (byte(1) & 0x3F);
  if (first < 0xF0) return bytes = 3, (first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  return bytes = 4, (first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xC0 | c >> 6));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | c >> 12));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | c >> 18));
    out.push_back(static_cast<char>(0x80 | (c >> 12 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

/// Latin letters from U+00C0 to U+017F without their accents, in pairs of range end and letters.
std::string_view plain_latin(char32_t c) {
  struct range {
    char32_t last;
    std::string_view letters;
  };
  static constexpr range ranges[] = {
      {0xC5, "a"},  {0xC6, "ae"},  {0xC7, "c"},  {0xCB, "e"},   {0xCF, "i"},  {0xD0, "d"},  {0xD1, "n"},  {0xD6, "o"},
      {0xD7, ""},   {0xD8, "o"},   {0xDC, "u"},  {0xDD, "y"},   {0xDE, "th"}, {0xDF, "ss"}, {0xE5, "a"},  {0xE6, "ae"},
      {0xE7, "c"},  {0xEB, "e"},   {0xEF, "i"},  {0xF0, "d"},   {0xF1, "n"},  {0xF6, "o"},  {0xF7, ""},   {0xF8, "o"},
      {0xFC, "u"},  {0xFD, "y"},   {0xFE, "th"}, {0xFF, "y"},   {0x105, "a"}, {0x10D, "c"}, {0x111, "d"}, {0x11B, "e"},
      {0x123, "g"}, {0x127, "h"},  {0x131, "i"}, {0x133, "ij"}, {0x135, "j"}, {0x138, "k"}, {0x142, "l"}, {0x14B, "n"},
      {0x151, "o"}, {0x153, "oe"}, {0x159, "r"}, {0x161, "s"},  {0x167, "t"}, {0x173, "u"}, {0x175, "w"}, {0x178, "y"},
      {0x17E, "z"}, {0x17F, "s"}};
  for (const auto& r : ranges)
    if (c <= r.last) return r.letters;
  return {};
}

/// Whether a code point outside Latin separates words: blanks, punctuation, symbols, pictures.
bool separates(char32_t c) {
  return c < 0xC0 || c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x2BFF) || (c >= 0x2E00 && c <= 0x2E7F) ||
         (c >= 0x3000 && c <= 0x3004) || (c >= 0x3008 && c <= 0x3020) || (c >= 0xE000 && c <= 0xF8FF) ||
         (c >= 0xFE00 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF0F) || (c >= 0xFF1A && c <= 0xFF20) ||
         (c >= 0x1F000 && c <= 0x1FAFF) || c >= 0xE0000;
}

char32_t lower(char32_t c) {
  if (c >= 0x391 && c <= 0x3A9) return c + 0x20;
  if (c >= 0x410 && c <= 0x42F) return c + 0x20;
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  return c;
}

}  // namespace

result<done> may_create(const caller& who) {
  if (!who.signed_in || !who.may_teach()) return permission_denied();
  return done{};
}

result<done> may_change(const course& c, const caller& who) {
  if (c.status == course_status::removed) return not_found(course_id{});
  if (c.owned_by(who)) return done{};
  if (c.published()) return permission_denied();
  return not_found(course_id{});
}

fault has_learners() {
  return fault(fault_kind::conflict, "COURSE_HAS_LEARNERS",
               "Learners are enrolled in this course: archive it instead of taking it away.");
}

result<done> may_see(const course& c, const caller& who) {
  if (c.published() || (c.owned_by(who) && c.status != course_status::removed)) return done{};
  return not_found(course_id{});
}

std::string slug_of(std::string_view title) {
  std::string out;
  bool gap = false;
  const auto put = [&](std::string_view letters) {
    if (gap && !out.empty()) out.push_back('-');
    gap = false;
    out.append(letters);
  };
  for (std::size_t i = 0, n = 0; i < title.size() && out.size() < 100; i += n) {
    const char32_t c = decode(title.substr(i), n);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      put(title.substr(i, 1));
    } else if (c >= 'A' && c <= 'Z') {
      const char small = static_cast<char>(c - 'A' + 'a');
      put({&small, 1});
    } else if (c == '\'' || c == 0x2019 || (c >= 0x300 && c <= 0x36F)) {
      continue;  // an apostrophe or a combining accent does not end a word
    } else if (separates(c)) {
      gap = true;
    } else if (c <= 0x17F) {
      put(plain_latin(c));
    } else {
      std::string letter;
      append_utf8(letter, lower(c));
      put(letter);
    }
  }
  return out.empty() ? "course" : out;
}

std::string slug_attempt(const std::string& base, int attempt, course_id id) {
  if (attempt == 0) return base;
  if (attempt < 3) return base + "-" + std::to_string(attempt + 1);
  return base + "-" + id.str().substr(24);
}

result<course> create(const course_draft& d, course_id id, user_id owner, timestamp now) {
  course c;
  c.id = id;
  c.instructor.id = owner;
  c.language = "English";
  c.created_at = c.updated_at = now;
  checker check;
  if (!d.title) check.add("title", "This field is required.", "required");
  read_draft(check, d, c);
  if (!d.slug) c.slug = slug_of(c.title);
  return check.outcome(std::move(c));
}

result<course> change(const course& c, const course_draft& d, timestamp now) {
  course next = c;
  next.updated_at = now;
  checker check;
  read_draft(check, d, next);
  auto read = check.outcome(std::move(next));
  if (!read || !d.status) return read;
  return with_status(*read, *d.status, now);
}

result<course> publish(const course& c, timestamp now) {
  if (c.title.empty()) return not_ready("A course needs a title before it is published.");
  if (c.total_lessons() == 0)
    return not_ready("A course needs at least one section with one lesson before it is published.");
  course next = c;
  if (!c.published()) {
    next.status = course_status::published;
    next.updated_at = now;
    // The first time counts: a course that was withdrawn for a while is not new again.
    if (!next.published_at) next.published_at = now;
  }
  return next;
}

result<course> with_status(const course& c, course_status wanted, timestamp now) {
  if (wanted == c.status) return c;
  if (wanted == course_status::published) return publish(c, now);
  course next = c;
  next.status = wanted;
  next.updated_at = now;
  return next;
}

const section* find_section(const course& c, section_id id) {
  for (const auto& s : c.sections)
    if (s.id == id) return &s;
  return nullptr;
}

result<course> add_section(const course& c, section_id id, const section_draft& d, timestamp now) {
  if (c.sections.size() >= most_sections)
    return fault(fault_kind::rejected, "COURSE_FULL", "A course holds at most 100 sections.");
  section s;
  s.id = id;
  checker check;
  if (!d.title) check.add("title", "This field is required.", "required");
  read_draft(check, d, s);
  course next = c;
  next.updated_at = now;
  place(next.sections, std::move(s), d.position, next.sections.size());
  return check.outcome(std::move(next));
}

result<course> change_section(const course& c, section_id id, const section_draft& d, timestamp now) {
  const auto* found = find_section(c, id);
  if (!found) return not_found(section_id{});
  section s = *found;
  checker check;
  read_draft(check, d, s);
  course next = c;
  next.updated_at = now;
  const auto at = static_cast<std::size_t>(found - c.sections.data());
  next.sections.erase(next.sections.begin() + static_cast<std::ptrdiff_t>(at));
  place(next.sections, std::move(s), d.position, at);
  return check.outcome(std::move(next));
}

result<course> remove_section(const course& c, section_id id, timestamp now) {
  if (!find_section(c, id)) return not_found(section_id{});
  course next = c;
  next.updated_at = now;
  std::erase_if(next.sections, [&](const section& s) { return s.id == id; });
  renumber(next.sections);
  if (next.published() && next.total_lessons() == 0)
    return not_ready("A published course keeps at least one lesson: unpublish it first.");
  return next;
}

result<course> add_lesson(const course& c, section_id in, lesson_id id, const lesson_draft& d, timestamp now) {
  const auto* found = find_section(c, in);
  if (!found) return not_found(section_id{});
  if (found->lessons.size() >= most_lessons)
    return fault(fault_kind::rejected, "SECTION_FULL", "A section holds at most 200 lessons.");
  lesson l;
  l.id = id;
  l.section = in;
  l.created_at = now;
  checker check;
  if (!d.title) check.add("title", "This field is required.", "required");
  read_draft(check, d, l);
  course next = c;
  next.updated_at = now;
  auto& lessons = next.sections[static_cast<std::size_t>(found - c.sections.data())].lessons;
  place(lessons, std::move(l), d.position, lessons.size());
  return check.outcome(std::move(next));
}

result<course> change_lesson(const course& c, lesson_id id, const lesson_draft& d, timestamp now) {
  course next = c;
  next.updated_at = now;
  for (auto& s : next.sections) {
    const auto found = std::find_if(s.lessons.begin(), s.lessons.end(), [&](const lesson& l) { return l.id == id; });
    if (found == s.lessons.end()) continue;
    lesson l = *found;
    checker check;
    read_draft(check, d, l);
    const auto at = static_cast<std::size_t>(found - s.lessons.begin());
    s.lessons.erase(found);
    place(s.lessons, std::move(l), d.position, at);
    return check.outcome(std::move(next));
  }
  return not_found(lesson_id{});
}

result<course> remove_lesson(const course& c, lesson_id id, timestamp now) {
  course next = c;
  next.updated_at = now;
  for (auto& s : next.sections) {
    if (std::erase_if(s.lessons, [&](const lesson& l) { return l.id == id; }) == 0) continue;
    renumber(s.lessons);
    if (next.published() && next.total_lessons() == 0)
      return not_ready("A published course keeps at least one lesson: unpublish it first.");
    return next;
  }
  return not_found(lesson_id{});
}

result<review> write_review(const course& c, user_id author, bool enrolled, const review_draft& d, review_id id,
                            timestamp now) {
  if (author == c.instructor.id) return permission_denied();
  if (!enrolled)
    return fault(fault_kind::forbidden, "NOT_ENROLLED", "Only learners who are enrolled in this course can review it.");
  review r;
  r.id = id;
  r.course = c.id;
  r.author = author;
  r.created_at = now;
  checker check;
  check.number("rating", std::optional<int>(d.rating), r.rating, 1, limits::best_rating);
  check.text("title", d.title, r.title, 0, limits::title);
  check.text("comment", d.comment, r.comment, 0, limits::comment);
  return check.outcome(std::move(r));
}

course with_review(const course& c, const review& r) {
  course next = c;
  next.numbers.rating_count += 1;
  next.numbers.rating_sum += r.rating;
  next.numbers.distribution[static_cast<std::size_t>(r.rating - 1)] += 1;
  next.recent_reviews.insert(next.recent_reviews.begin(), r);
  if (next.recent_reviews.size() > recent_reviews) next.recent_reviews.resize(recent_reviews);
  return next;
}

result<review> with_reply(review r, const course& c, const caller& who, const std::optional<std::string>& reply,
                          timestamp now) {
  auto may = may_change(c, who);
  if (!may) return std::move(may).refusal();
  r.reply.clear();
  r.replied_at.reset();
  if (!reply) return r;
  checker check;
  check.text("reply", reply, r.reply, 1, limits::comment);
  r.replied_at = now;
  return check.outcome(std::move(r));
}

result<done> may_vote(const review& r, const caller& who) {
  if (r.author == who.user)
    return fault(fault_kind::forbidden, "PERMISSION_DENIED", "You cannot vote for your own review.");
  return done{};
}

}  // namespace stoa::actors::course_rules
