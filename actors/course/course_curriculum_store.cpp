// The SQL of lessons in one row across their sections.
#include "actors/course/course_sql.hpp"
#include "actors/course/course_store.hpp"

namespace stoa::actors::course_store {

const statement add_lesson_and_section{
    "course.add_lesson_and_section",
    "with " STOA_ROOT
    ", "
    "opened as (insert into section (id, course_id, title, description, position, created_at, updated_at) "
    "select :p4::uuid, id, :p5::text, '', :p6::int, :p3::timestamptz, :p3::timestamptz from root returning number), "
    "made as (insert into lesson (id, course_id, section_id, title, description, kind, duration_minutes, position, "
    "is_preview, video_url, resources, content, created_at, updated_at) "
    "select :p7::uuid, id, :p4::uuid, :p8::text, :p9::text, :p10::text, :p11::int, 1, :p12::boolean, :p13::text, "
    ":p14::text[], :p15::text, :p3::timestamptz, :p3::timestamptz from root returning number), " STOA_TOLD(
        ":p16") " select root.version, made.number, opened.number from root, made, opened"};

const statement order_lessons{
    "course.order_lessons",
    "with " STOA_ROOT
    ", "
    "wanted as (select id, section_id, row_number() over (partition by section_id order by place) as place "
    "from unnest(:p4::uuid[], :p5::uuid[]) with ordinality as o (id, section_id, place)), "
    "ordered as (update lesson l set section_id = w.section_id, position = w.place, updated_at = :p3::timestamptz "
    "from root, wanted w where l.id = w.id and l.course_id = root.id "
    "and (l.section_id, l.position) is distinct from (w.section_id, w.place)), " STOA_TOLD(
        ":p6") " select version from root"};

}  // namespace stoa::actors::course_store
