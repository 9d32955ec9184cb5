// The bindings as a build of another library would have compiled them.

package mn.emongolia.core

import org.objectweb.asm.ClassReader
import org.objectweb.asm.ClassVisitor
import org.objectweb.asm.ClassWriter
import org.objectweb.asm.MethodVisitor
import org.objectweb.asm.Opcodes

private const val API = Opcodes.ASM9

/** The class of the functions, and the one whose functions are asked before any other. */
private const val CHECKS = "mn/emongolia/ffi/EmongoliaKt.class"
private const val CHECKED = "mn/emongolia/ffi/IntegrityCheckingUniffiLib.class"

class OtherBuild {
    private val classes = listOf(CHECKS, CHECKED).associateWith(::compiled).toMutableMap()

    /** By the name of its file. */
    fun classes(): Map<String, ByteArray> = classes

    /** The first number that this check of the bindings expects is another. */
    fun number(check: String) = first(check) { method, changed -> FirstNumber(method, changed) }

    /** The text that this function of the bindings gives is another. */
    fun text(function: String) = first(function) { method, changed -> OnlyText(method, changed) }

    private fun first(function: String, visitor: (MethodVisitor, () -> Unit) -> MethodVisitor) {
        var changed = 0
        change(CHECKS) { writer ->
            object : ClassVisitor(API, writer) {
                override fun visitMethod(access: Int, name: String, type: String, signature: String?, exceptions: Array<String>?): MethodVisitor {
                    val method = super.visitMethod(access, name, type, signature, exceptions)
                    return if (name == function) visitor(method) { changed++ } else method
                }
            }
        }
        check(changed == 1) { "$function expects nothing" }
    }

    /** The bindings know a function more than the library. */
    fun function(name: String) = change(CHECKED) { writer ->
        object : ClassVisitor(API, writer) {
            override fun visitEnd() {
                super.visitMethod(Opcodes.ACC_PUBLIC or Opcodes.ACC_FINAL or Opcodes.ACC_NATIVE, name, "()I", null, null).visitEnd()
                super.visitEnd()
            }
        }
    }

    private fun change(name: String, visitor: (ClassWriter) -> ClassVisitor) {
        val writer = ClassWriter(0)
        ClassReader(classes.getValue(name)).accept(visitor(writer), 0)
        classes[name] = writer.toByteArray()
    }

    private fun compiled(name: String) = javaClass.classLoader.getResourceAsStream(name)!!.use { it.readBytes() }
}

private class FirstNumber(method: MethodVisitor, private val changed: () -> Unit) : MethodVisitor(API, method) {
    private var done = false

    override fun visitIntInsn(opcode: Int, operand: Int) =
        super.visitIntInsn(opcode, if (opcode == Opcodes.NEWARRAY) operand else other(operand))

    override fun visitLdcInsn(value: Any) = super.visitLdcInsn(if (value is Int) other(value) else value)

    private fun other(number: Int): Int {
        if (done) return number
        done = true
        changed()
        return number xor 1
    }
}

private class OnlyText(method: MethodVisitor, private val changed: () -> Unit) : MethodVisitor(API, method) {
    override fun visitLdcInsn(value: Any) {
        changed()
        super.visitLdcInsn((value as String).reversed())
    }
}
