#include "cli/demo/build.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "cli/demo/catalogue.hpp"
#include "cli/demo/dice.hpp"
#include "stoa/routes.hpp"
#include "stoa/text.hpp"

namespace stoa::demo {
namespace {

constexpr int generated_teachers = 5;
constexpr int generated_readers = 25;
constexpr std::string_view student_email = "student@example.com";

uuid named(std::string_view kind, std::string_view name) {
  std::string text = "stoa.demo/";
  text += kind;
  text += '/';
  text += name;
  return uuid::from_name(text);
}

/// Words of ASCII letters and digits, joined by dashes; the accents of the demo's languages lose their marks.
std::string slug_of(std::string_view title) {
  static constexpr std::pair<std::string_view, std::string_view> plain[] = {
      {"á", "a"},  {"é", "e"},  {"í", "i"}, {"ó", "o"}, {"ú", "u"}, {"ñ", "n"}, {"ä", "ae"},
      {"ö", "oe"}, {"ü", "ue"}, {"à", "a"}, {"è", "e"}, {"ê", "e"}, {"É", "e"}, {"ß", "ss"}};
  std::string slug;
  bool gap = false;
  for (std::size_t i = 0; i < title.size();) {
    std::string_view piece = title.substr(i, 1);
    std::size_t length = 1;
    for (const auto& [from, to] : plain)
      if (title.substr(i).starts_with(from)) piece = to, length = from.size();
    i += length;
    const std::string lower = ascii_lower(piece);
    const char c = lower.front();
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      if (gap && !slug.empty()) slug += '-';
      slug += lower;
      gap = false;
    } else if (c != '\'') {
      gap = true;
    }
  }
  return slug;
}

std::string filled(std::string_view pattern, std::string_view topic) {
  std::string out(pattern);
  if (const auto at = out.find("{}"); at != out.npos) {
    out.replace(at, 2, topic);
    if (at == 0 && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  }
  return out;
}

std::string capital(std::string_view text) { return filled("{}", text); }

template <class List>
std::string listed(const List& items, std::string_view conjunction) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += i + 1 == items.size() ? conjunction : std::string_view{", "};
    out += items[i];
  }
  return out;
}

unsigned bits(role r) {
  role_set s;
  s.add(r);
  return s.bits;
}

const category_text& category_of(const course_text& c) {
  const auto all = categories();
  return *std::find_if(all.begin(), all.end(), [&](const auto& k) { return k.slug == c.category; });
}

account_row person(const person_text& p, role r, timestamp created) {
  account_row a;
  a.email =
      p.email.empty() ? slug_of(p.first_name) + "." + slug_of(p.last_name) + "@example.com" : std::string(p.email);
  a.username = p.email.empty() ? a.email.substr(0, a.email.find('@')) : "demo." + a.email.substr(0, a.email.find('@'));
  a.id = named("account", a.email);
  a.first_name = p.first_name;
  a.last_name = p.last_name;
  a.bio = p.bio;
  a.avatar_url = "https://images.example.com/people/" + slug_of(p.first_name) + "-" + slug_of(p.last_name) + ".jpg";
  a.country = p.country;
  a.timezone = p.timezone;
  a.roles = bits(r);
  a.created_at = created;
  return a;
}

/// The texts of a course that follow from its subject, for written and generated ones alike.
course_row course_about(const course_text& text, std::span<const std::string_view> topics, std::string title,
                        std::string slug) {
  const auto& words = phrasing_of(text.language);
  const auto& kind = category_of(text);
  course_row c;
  c.category_slug = text.category;
  c.title = std::move(title);
  c.slug = std::move(slug);
  c.short_description = text.summary;
  c.description = std::string(text.summary) + " " + std::string(words.covers) + listed(topics, words.conjunction) + ".";
  c.detailed_description = c.description;
  if (words.language == "English")
    c.detailed_description +=
        " Each section opens with the idea, shows it at work, lets you practise and closes with a recap. "
        "Made for " +
        std::string(kind.audience) + ".";
  c.level = name_of(text.level);
  c.language = text.language;
  c.thumbnail_url = "https://images.example.com/courses/" + c.slug + ".jpg";
  c.preview_video_url = "https://video.example.com/trailers/" + c.slug + ".mp4";
  for (const auto o : text.outcomes) c.outcomes.emplace_back(o);
  c.requirements = {std::string(text.requirement)};
  if (words.language == "English") {  // what is said of a category is said in English
    c.requirements.emplace_back(kind.requirement);
    c.target_audience = {capital(kind.audience)};
  }
  for (const auto t : topics) c.tags.push_back(slug_of(t));
  return c;
}

/// Sections and lessons, appended. The first section is open to everybody for its first two lessons.
void add_curriculum(dataset& d, const course_row& c, std::string_view language,
                    std::span<const std::string_view> topics, std::size_t lessons_each, dice& chance) {
  const auto& words = phrasing_of(language);
  const auto name = c.id.str();
  for (std::size_t s = 0; s < topics.size(); ++s) {
    section_row section;
    const auto section_name = name + "/" + std::to_string(s + 1);
    section.id = named("section", section_name);
    section.course = c.id;
    section.title = capital(topics[s]);
    section.description = filled(words.section, topics[s]);
    section.position = static_cast<int>(s) + 1;
    section.created_at = c.created_at;
    section.updated_at = c.updated_at;
    for (std::size_t l = 0; l < lessons_each; ++l) {
      lesson_row lesson;
      const auto place = std::to_string(s + 1) + "-" + std::to_string(l + 1);
      lesson.id = named("lesson", section_name + "/" + std::to_string(l + 1));
      lesson.course = c.id;
      lesson.section = section.id;
      lesson.title = filled((chance.chance(70) ? words.lessons : words.alternatives)[l], topics[s]);
      lesson.description = filled(l == 6 ? words.article : l == 3 ? words.exercise : words.video, topics[s]);
      lesson.position = static_cast<int>(l) + 1;
      lesson.preview = s == 0 && l < 2;
      lesson.kind = l == 6 ? "article" : "video";
      lesson.minutes = static_cast<int>(l == 6 ? chance.between(4, 9) : chance.between(6, 24));
      const auto files = "https://files.example.com/courses/" + c.slug + "/";
      if (l == 6) {
        lesson.content = lesson.title + ". " + c.title + ": " + std::string(topics[s]) + ".";
        lesson.resources = {files + place + "-notes.pdf"};
      } else {
        lesson.video_url = "https://video.example.com/courses/" + c.slug + "/" + place + ".mp4";
        if (l == 3) lesson.resources = {files + place + "-exercise.pdf", files + place + "-material.zip"};
      }
      lesson.created_at = c.created_at;
      lesson.updated_at = c.updated_at;
      d.lessons.push_back(std::move(lesson));
    }
    d.sections.push_back(std::move(section));
  }
}

int drawn_rating(appeal liked, dice& chance) {
  static constexpr std::array<int, 10> loved{5, 5, 5, 4, 5, 4, 5, 5, 4, 4}, good{5, 4, 4, 5, 3, 4, 5, 4, 3, 5},
      mixed{4, 3, 3, 4, 5, 3, 2, 4, 3, 5};
  const auto& scale = liked == appeal::loved ? loved : liked == appeal::good ? good : mixed;
  return chance.pick(std::span<const int>(scale));
}

review_row review_by(uuid user, course_row& c, int rating, std::string_view topic, timestamp at, dice& chance) {
  std::vector<const review_text*> fitting;
  for (const auto& t : review_texts())
    if (t.rating == rating) fitting.push_back(&t);
  const auto& words = *chance.pick(std::span<const review_text* const>(fitting));
  review_row r;
  r.id = named("review", c.id.str() + "/" + user.str());
  r.course = c.id;
  r.user = user;
  r.rating = rating;
  r.title = words.title;
  r.comment = filled(words.comment, topic);
  r.created_at = at;
  ++c.ratings[rating - 1];
  return r;
}

/// The written courses and all that people did with them.
class core {
 public:
  explicit core(date day) : now_(timestamp{day}), chance_(20260127) {}

  dataset build() {
    people();
    teach();
    for (std::size_t s = 0; s < students().size(); ++s) {
      if (s == 0)
        guided_student();
      else
        student(s);
    }
    review();
    vote();
    keep();
    return std::move(d_);
  }

 private:
  static constexpr std::size_t sections = 5, lessons_each = 8, lessons = sections * lessons_each;

  void people() {
    for (const auto& k : categories())
      d_.categories.push_back({named("category", k.slug), std::string(k.slug), std::string(k.name)});
    const person_text admin{"Alex", "Quill", "admin@example.com", "", "", "Keeps the lights on."};
    d_.accounts.push_back(person(admin, role::admin, now_ - days{600}));
    for (const auto& p : instructors())
      d_.accounts.push_back(person(p, role::instructor, now_ - days{chance_.between(420, 580)}));
    first_student_ = d_.accounts.size();
    for (const auto& p : students()) {
      auto a = person(p, role::student, now_ - days{chance_.between(40, 380)} - minutes{chance_.below(1440)});
      if (a.email == student_email) {
        a.created_at = now_ - days{310};
        a.target_hours = 20;
      } else if (chance_.chance(40)) {
        a.target_hours = static_cast<int>(chance_.between(1, 6) * 5);
      }
      d_.accounts.push_back(std::move(a));
    }
  }

  void teach() {
    for (const auto& text : courses()) {
      auto c = course_about(text, text.topics, std::string(text.title), slug_of(text.title));
      c.id = named("course", c.slug);
      c.instructor = d_.accounts[1 + static_cast<std::size_t>(text.instructor)].id;
      c.price_minor = text.price_minor;
      if (text.original_minor > 0) c.original_minor = text.original_minor;
      c.duration_weeks = static_cast<int>(chance_.between(3, 10));
      const auto in_day = minutes{chance_.between(6 * 60, 18 * 60)};
      if (text.age_days == draft) {
        c.created_at = now_ - days{chance_.between(10, 40)} + in_day;
        c.updated_at = c.created_at + days{chance_.between(1, 8)};
      } else {
        c.published_at = now_ - days{text.age_days} + in_day;
        c.created_at = *c.published_at - days{chance_.between(15, 70)};
        c.updated_at = *c.published_at + days{chance_.below(text.age_days)};
      }
      add_curriculum(d_, c, text.language, text.topics, lessons_each, chance_);
      d_.courses.push_back(std::move(c));
    }
  }

  /// The place of a course in `courses()`, which is its place in the dataset.
  static std::size_t place_of(std::string_view title) {
    const auto all = courses();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.title == title; });
    return static_cast<std::size_t>(found - all.begin());
  }

  const lesson_row& lesson(std::size_t course, std::size_t n) const { return d_.lessons[course * lessons + n]; }

  // -- buying and enrolling -------------------------------------------------------------------------------------------

  void enroll(uuid user, std::size_t course, timestamp at, std::optional<uuid> order) {
    auto& c = d_.courses[course];
    enrollment_row e;
    e.id = named("enrollment", user.str() + "/" + c.slug);
    e.user = user;
    e.course = c.id;
    e.order = order;
    e.enrolled_at = e.last_accessed_at = at;
    ++c.students;
    d_.enrollments.push_back(std::move(e));
    enrolled_.push_back({course, 0});
  }

  /// One checkout: the free ones of `wanted` are entered without an order.
  void acquire(uuid user, const std::vector<std::size_t>& wanted, timestamp at) {
    order_row o;
    o.buyer = user;
    o.status = "completed";
    o.created_at = at;
    o.completed_at = at + seconds{90};
    for (const auto course : wanted) {
      const auto& c = d_.courses[course];
      if (c.price_minor == 0) {
        enroll(user, course, at + minutes{5}, std::nullopt);
        continue;
      }
      if (o.id.is_nil()) o.id = named("order", user.str() + "/" + c.slug);
      order_item_row i;
      i.id = named("order_item", user.str() + "/" + c.slug);
      i.order = o.id;
      i.buyer = user;
      i.course = c.id;
      i.title = c.title;
      i.price_minor = c.price_minor;
      o.total_minor += c.price_minor;
      i.position = ++o_positions_[o.id];
      d_.order_items.push_back(std::move(i));
      enroll(user, course, *o.completed_at, o.id);
    }
    if (!o.id.is_nil()) d_.orders.push_back(std::move(o));
  }

  // -- learning -------------------------------------------------------------------------------------------------------

  void complete(std::size_t enrollment, timestamp at) {
    auto& e = d_.enrollments[enrollment];
    auto& [course, done] = enrolled_[enrollment];
    const auto& l = lesson(course, done++);
    d_.progress.push_back({e.id, l.id, e.user, at, std::int64_t{l.minutes} * 60, at});
    e.last_accessed_at = std::max(e.last_accessed_at, at);
    if (done == lessons) e.completed_at = at;
  }

  void watch_a_part(std::size_t enrollment, timestamp at) {
    auto& e = d_.enrollments[enrollment];
    const auto& [course, done] = enrolled_[enrollment];
    const auto& l = lesson(course, done);
    d_.progress.push_back({e.id, l.id, e.user, std::nullopt, std::int64_t{l.minutes} * chance_.between(10, 45), at});
    e.last_accessed_at = std::max(e.last_accessed_at, at);
  }

  /// Completes `count` lessons between the enrolment and `until`, evenly but for some minutes.
  void study(std::size_t enrollment, std::size_t count, timestamp until) {
    const auto start = d_.enrollments[enrollment].last_accessed_at;
    const auto step = std::chrono::floor<seconds>(until - start) / static_cast<std::int64_t>(count + 1);
    for (std::size_t n = 0; n < count; ++n) {
      const auto early = seconds{chance_.below(std::max<std::int64_t>(1, step / seconds{2}))};
      complete(enrollment, start + step * static_cast<std::int64_t>(n + 1) - early);
    }
  }

  /// The documented learner: some courses done, some under way, a streak of eight days that reaches into today.
  void guided_student() {
    const auto me = d_.accounts[first_student_].id;
    const auto web = place_of("Web Development from the First Tag to a Live Site"),
               python = place_of("Python for Absolute Beginners"), git = place_of("Git without Fear"),
               charts = place_of("Charts That Tell the Truth"),
               pandas = place_of("Data Analysis with Python and pandas"),
               seeing = place_of("Photography: Seeing before Shooting"), backups = place_of("Backups You Have Tested");
    acquire(me, {python}, now_ - days{300} + hours{17});
    acquire(me, {seeing}, now_ - days{200} + hours{20});
    acquire(me, {charts}, now_ - days{110} + hours{18});
    acquire(me, {git}, now_ - days{80} + hours{19});
    acquire(me, {web, pandas}, now_ - days{60} + hours{18});
    acquire(me, {backups}, now_ - days{6} + hours{12});
    enum { at_python, at_seeing, at_charts, at_git, at_web, at_pandas };
    study(at_python, lessons, now_ - days{215});
    study(at_seeing, 11, now_ - days{150});
    study(at_charts, lessons, now_ - days{82});
    study(at_git, lessons, now_ - days{62});
    study(at_web, 9, now_ - days{20});
    study(at_pandas, 17, now_ - days{12});
    for (int ago = 7; ago >= 1; --ago) {
      complete(at_web, now_ - days{ago} + hours{18} + minutes{20});
      if (ago % 2 == 0) complete(at_pandas, now_ - days{ago} + hours{19} + minutes{5});
    }
    complete(at_web, now_);
    watch_a_part(at_pandas, now_);
  }

  void student(std::size_t number) {
    const auto me = d_.accounts[first_student_ + number].id;
    const auto joined = d_.accounts[first_student_ + number].created_at;
    auto wanted = choices(static_cast<std::size_t>(chance_.between(9, 17)));
    const auto possible_since = [&](std::size_t course) { return std::max(joined, *d_.courses[course].published_at); };
    std::stable_sort(wanted.begin(), wanted.end(),
                     [&](auto a, auto b) { return possible_since(a) < possible_since(b); });
    const auto first = d_.enrollments.size();
    for (std::size_t at = 0; at < wanted.size();) {
      const auto size = std::min<std::size_t>(static_cast<std::size_t>(chance_.between(1, 3)), wanted.size() - at);
      const std::vector<std::size_t> basket(wanted.begin() + static_cast<std::ptrdiff_t>(at),
                                            wanted.begin() + static_cast<std::ptrdiff_t>(at + size));
      const auto since = possible_since(basket.back());
      const auto room = (now_ - hours{3} - since) / minutes{1};
      acquire(me, basket, since + minutes{chance_.below(room)});
      at += size;
    }
    for (auto e = first; e < d_.enrollments.size(); ++e) {
      const auto left = (now_ - d_.enrollments[e].last_accessed_at) / minutes{1};
      const auto until = now_ - minutes{chance_.below(left / 2 + 1)};
      const auto fate = chance_.below(100);
      if (fate < 12) continue;
      // Whoever came lately has not finished: three lessons a day are plenty.
      const auto most = static_cast<std::size_t>(1 + left / 480);
      const auto count =
          std::min(most, fate < 37 ? lessons : static_cast<std::size_t>(chance_.between(1, lessons - 1)));
      study(e, count, until);
      if (count < lessons && chance_.chance(50)) watch_a_part(e, until);
    }
  }

  /// Published courses, the liked and the older ones rather than others.
  std::vector<std::size_t> choices(std::size_t count) {
    std::vector<std::size_t> pool, chosen;
    const auto all = courses();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].age_days == draft) continue;
      const int weight = (all[i].liked == appeal::loved  ? 5
                          : all[i].liked == appeal::good ? 3
                                                         : 2) *
                         (all[i].age_days < 30 ? 1 : 2);
      pool.insert(pool.end(), static_cast<std::size_t>(weight), i);
    }
    while (chosen.size() < count) {
      const auto one = chance_.pick(std::span<const std::size_t>(pool));
      std::erase(pool, one);
      chosen.push_back(one);
    }
    return chosen;
  }

  // -- opinions -------------------------------------------------------------------------------------------------------

  void review() {
    for (std::size_t e = 0; e < d_.enrollments.size(); ++e) {
      const auto& of = d_.enrollments[e];
      const auto [course, done] = enrolled_[e];
      if (done < 5 || !chance_.chance(72)) continue;
      const auto& text = courses()[course];
      const auto left = (now_ - of.last_accessed_at) / minutes{1};
      const auto at = of.last_accessed_at + minutes{chance_.below(std::min<std::int64_t>(left, 14 * 1440) + 1)};
      const auto topic = chance_.pick(std::span<const std::string_view>(text.topics));
      d_.reviews.push_back(
          review_by(of.user, d_.courses[course], drawn_rating(text.liked, chance_), topic, at, chance_));
    }
  }

  void vote() {
    for (auto& r : d_.reviews) {
      const auto wanted = chance_.below(3) == 0 ? chance_.below(14) : chance_.below(4);
      std::vector<std::size_t> voters;
      for (auto a = first_student_; a < d_.accounts.size(); ++a)
        if (d_.accounts[a].id != r.user) voters.push_back(a);
      chance_.shuffle(voters);
      for (std::int64_t v = 0; v < wanted; ++v)
        d_.votes.push_back({r.id, d_.accounts[voters[static_cast<std::size_t>(v)]].id});
      r.helpful = wanted;
    }
  }

  /// Carts and wishlists for every fourth student and the documented one.
  void keep() {
    for (std::size_t s = 0; s < students().size(); s += 4) {
      const auto me = d_.accounts[first_student_ + s].id;
      std::vector<std::size_t> open;
      for (std::size_t c = 0; c < d_.courses.size(); ++c) {
        const auto& course = d_.courses[c];
        const bool owned = std::any_of(d_.enrollments.begin(), d_.enrollments.end(),
                                       [&](const auto& e) { return e.user == me && e.course == course.id; });
        if (course.published_at && course.price_minor > 0 && !owned) open.push_back(c);
      }
      chance_.shuffle(open);
      const auto in_cart = static_cast<std::size_t>(s == 0 ? 1 : chance_.between(1, 3));
      const auto wished = static_cast<std::size_t>(chance_.between(2, 4));
      for (std::size_t n = 0; n < in_cart + wished; ++n) {
        const auto& course = d_.courses[open[n]];
        const auto since = std::max(*course.published_at, now_ - days{20});
        const auto at = since + minutes{chance_.below((now_ - since) / minutes{1})};
        auto& list = n < in_cart ? d_.cart_items : d_.wishlist_items;
        list.push_back(
            {named(n < in_cart ? "cart_item" : "wishlist_item", me.str() + "/" + course.slug), me, course.id, at});
      }
    }
  }

  struct standing {
    std::size_t course;
    std::size_t done;  ///< lessons completed, in order
  };

  const timestamp now_;
  dice chance_;
  dataset d_;
  std::size_t first_student_ = 0;
  std::vector<standing> enrolled_;  ///< beside d_.enrollments
  std::unordered_map<uuid, int> o_positions_;
};

account_row generated_person(std::string_view kind, int block, int n, role r, timestamp created) {
  const auto given = students()[static_cast<std::size_t>(block + n) % students().size()];
  const auto family = students()[static_cast<std::size_t>(block * 7 + n * 3 + 1) % students().size()];
  const auto email = std::string(kind) + "." + std::to_string(block + 1) + "." + std::to_string(n + 1) + "@example.com";
  return person({given.first_name, family.last_name, email, given.country, given.timezone, ""}, r, created);
}

}  // namespace

int handwritten_courses() { return static_cast<int>(courses().size()); }

uuid marker() { return named("account", student_email); }

dataset build_core(date day) { return core(day).build(); }

uuid generated_course(int number) { return named("generated", std::to_string(number)); }

dataset build_generated(date day, int first, int last) {
  const timestamp now{day};
  const int block = first / block_size;
  dataset d;
  for (int n = 0; n < generated_teachers; ++n)
    d.accounts.push_back(generated_person("teacher", block, n, role::instructor, now - days{900}));
  for (int n = 0; n < generated_readers; ++n)
    d.accounts.push_back(generated_person("reader", block, n, role::student, now - days{800}));
  std::vector<const course_text*> sources;
  for (const auto& c : courses())
    if (c.language == "English") sources.push_back(&c);
  for (int number = first; number < last; ++number) {
    // A seed for each course: what is drawn for one depends on no other.
    dice chance(0x5704A000ull + static_cast<std::uint64_t>(number));
    course_text text = *chance.pick(std::span<const course_text* const>(sources));
    text.level = static_cast<course_level>(chance.below(3));
    const auto from = static_cast<std::size_t>(chance.below(4));
    const auto topics = std::span<const std::string_view>(text.topics).subspan(from, generated_sections);
    const auto topic = topics[0];
    auto title = std::string(chance.pick(variations())) + " " + std::string(topic);
    title += ", part " + std::to_string(block + 1);
    auto slug = slug_of(title) + "-" + std::to_string(number + 1);
    auto c = course_about(text, topics, std::move(title), std::move(slug));
    // Half of the cost of a hundred thousand courses is the index over their words.
    c.description = c.short_description;
    c.id = generated_course(number);
    c.instructor = d.accounts[static_cast<std::size_t>(chance.below(generated_teachers))].id;
    if (!chance.chance(20)) {
      c.price_minor = chance.between(2, 14) * 1000 - 1;
      if (chance.chance(60)) c.original_minor = c.price_minor + chance.between(1, 5) * 1000;
    }
    c.duration_weeks = static_cast<int>(chance.between(1, 6));
    const auto age = chance.between(2, 700);
    c.published_at = now - days{age} + minutes{chance.below(1440)};
    c.created_at = *c.published_at - days{chance.between(5, 60)};
    c.updated_at = *c.published_at + days{chance.below(age - 1)};
    add_curriculum(d, c, text.language, topics, lessons_of_section, chance);
    std::vector<std::size_t> readers;
    for (int n = 0; n < generated_readers; ++n) readers.push_back(static_cast<std::size_t>(generated_teachers + n));
    chance.shuffle(readers);
    readers.resize(static_cast<std::size_t>(chance.below(4)));
    const auto liked = static_cast<appeal>(chance.below(3));
    for (const auto r : readers) {
      const auto user = d.accounts[r].id;
      const auto minutes_since = (now - *c.published_at) / minutes{1};
      const auto at = *c.published_at + minutes{chance.below(minutes_since)};
      d.enrollments.push_back(
          {named("enrollment", user.str() + "/" + c.slug), user, c.id, std::nullopt, at, at, std::nullopt});
      ++c.students;
      if (chance.chance(60)) d.reviews.push_back(review_by(user, c, drawn_rating(liked, chance), topic, at, chance));
    }
    d.courses.push_back(std::move(c));
  }
  return d;
}

}  // namespace stoa::demo
