// Makes the demo's rows. Pure: the same day gives the same rows, and another day the same rows moved in time.
#pragma once

#include "cli/demo/dataset.hpp"

namespace stoa::demo {

/// How many courses are written by hand; further ones are generated.
int handwritten_courses();

/// The account of `student@example.com`. Where it exists, the demo has been loaded.
uuid marker();

/// Everything around the handwritten courses. Nothing in it lies behind the first moment of `day`.
dataset build_core(date day);

/// Generated courses are numbered from 0 and come in blocks of this many, each with teachers and readers of its own.
inline constexpr int block_size = 1000;

/// What each generated course has.
inline constexpr int generated_sections = 2, lessons_of_section = 2;

/// The id of a generated course.
uuid generated_course(int number);

/// The generated courses `first` .. `last - 1`, of one block, with the block's people. A course comes out the same
/// whatever range it is asked for with.
dataset build_generated(date day, int first, int last);

}  // namespace stoa::demo
